"""A thumbnail with Pillow, once to warm up and once measured: `decoder_job.py FILE` prints CPU milliseconds, and the MiB by
which the first time made the process grow."""

import io
import re
import sys
import time
from pathlib import Path

import pillow_heif
import pillow_jxl  # noqa: F401  Pillow then knows JPEG XL
from PIL import AvifImagePlugin, Image

pillow_heif.register_heif_opener()
pillow_heif.options.DECODE_THREADS = 1
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
Image.MAX_IMAGE_PIXELS = None


def thumbnail(file):
    image = Image.open(io.BytesIO(file))
    image.thumbnail((100, 100), Image.Resampling.LANCZOS)  # decodes reduced, where that is enough
    image.convert("RGB").save(io.BytesIO(), format="JPEG", quality=80)


def memory(field):
    return int(re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


file = Path(sys.argv[1]).read_bytes()
Path("/proc/self/clear_refs").write_text("5")  # the highest so far was the interpreter's own start
before = memory("VmRSS")
thumbnail(file)
grown = memory("VmHWM") - before
start = time.process_time()
thumbnail(file)
print(round((time.process_time() - start) * 1000, 1), round(grown, 1))
