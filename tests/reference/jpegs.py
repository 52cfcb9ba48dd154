"""JPEGs of many kinds: jpegs.py FOLDER COUNT writes COUNT of them to FOLDER, named by their number. Every run makes
the same: sizes that fit no block, sampling, scans, restart markers, tables, and other segments.
"""

import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent / "fixtures"))
import picture
import profiles

SIDES = [(3, 2), (7, 5), (16, 8), (61, 47), (200, 131), (257, 33), (321, 240)]
# Rows are of other lengths in each scan of a progressive JPEG, and libjxl reads one interval only.
RESTARTS = [{}, {"restart_marker_blocks": 2}, {"restart_marker_rows": 1}, {}]
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def exif(number):
    tags = Image.Exif()
    tags[0x0112] = number % 8 + 1
    tags[0x010F] = "Camera"
    return tags


def options(number, grey):
    """Periods that mostly have no common factor: nearly every combination occurs."""
    chosen = {"quality": 40 + number * 7 % 60, "progressive": number % 2 == 1, **RESTARTS[number % 4]}
    if not grey:
        chosen["subsampling"] = number % 3
    if number % 5 == 0:
        chosen["icc_profile"] = profiles.grey() if grey else profiles.display_p3()
    if number % 6 == 1:
        chosen["exif"] = exif(number)
    if number % 11 == 3:
        chosen |= {"xmp": XMP, "comment": b"a comment"}
    if number % 13 == 5:
        chosen["optimize"] = True
    return chosen


def main():
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    for number in range(count):
        photo = picture.photo(*SIDES[number % 7])
        grey = number % 9 == 4
        image = Image.fromarray(picture.grey(photo) if grey else photo)
        image.save(folder / f"{number}.jpg", "JPEG", **options(number, grey))


main()
