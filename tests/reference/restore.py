"""Restores the JPEGs of JPEG XL files: restore.py FILE... prints a JSON list with the hex digits of each
one's SHA-256, or null.
"""

import hashlib
import json
import sys
from pathlib import Path

from pillow_jxl import Decoder


def restored(path):
    is_jpeg, _, data, *_ = Decoder(num_threads=0)(Path(path).read_bytes())
    return hashlib.sha256(data).hexdigest() if is_jpeg else None


print(json.dumps([restored(path) for path in sys.argv[1:]]))
