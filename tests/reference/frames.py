"""Decodes animations with Pillow: every frame as displayed.

frames.py FOLDER FILE... writes the pixels of frame M of FILE number N, counted from 0, RGBA with straight alpha, to
FOLDER/N-M.rgba, and prints a JSON list of the files' other properties.
"""

import json
import sys
from pathlib import Path

from PIL import Image


def plays(image):
    """The number of plays, 0 for forever. A GIF stores the number of repeats, if any."""
    loop = image.info.get("loop")
    if image.format != "GIF":
        return 0 if loop is None else loop
    return 1 if loop is None else loop + 1 if loop else 0


def main(folder, files):
    found = []
    for number, file in enumerate(files):
        with Image.open(file) as image:
            # It counts an image that is not a frame.
            first = 1 if image.info.get("default_image") else 0
            times, delays = plays(image), []
            for frame in range(first, image.n_frames):
                image.seek(frame)
                Path(folder, f"{number}-{frame - first}.rgba").write_bytes(image.convert("RGBA").tobytes())
                delays.append(round(image.info.get("duration", 0)))
            found.append({"width": image.width, "height": image.height, "plays": times, "delays": delays})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
