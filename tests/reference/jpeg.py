"""Decodes JPEGs with libjpeg-turbo, through Pillow: every sample unchanged, whole and scaled in the DCT.

jpeg.py FOLDER FILE... writes the samples of FILE number N, reduced R times, to FOLDER/N-R.raw, and prints a JSON list
of [N, R, width, height, channels].
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def samples(file, times):
    """None if Pillow would scale otherwise: it never makes a side shorter than a pixel."""
    with Image.open(file) as image:
        sides = image.size
        if min(sides) < times:
            return None
        image.draft(None, (sides[0] // times, sides[1] // times))
        found = np.asarray(image)
    return found if found.ndim == 3 else found[:, :, None]


def main(folder, files):
    facts = []
    for number, file in enumerate(files):
        for times in (1, 2, 4, 8):
            found = samples(file, times)
            if found is not None:
                Path(folder, f"{number}-{times}.raw").write_bytes(found.tobytes())
                facts.append([number, times, found.shape[1], found.shape[0], found.shape[2]])
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
