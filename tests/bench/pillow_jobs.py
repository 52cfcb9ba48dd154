"""One job with Pillow, once to warm up and once measured: `pillow_jobs.py JOB PHOTO FOLDER` prints CPU milliseconds, and
the MiB by which the process grew the first time.

The upload job is the usual two functions, each of which opens the photo itself.
"""

import io
import re
import sys
import time
from pathlib import Path

from PIL import Image


def compress(photo):
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP", quality=80)
    return {"compressed.webp": buffer.getvalue()}


def thumbnails(photo):
    image = Image.open(io.BytesIO(photo))
    outputs = {}
    for side in (150, 300, 600):
        thumbnail = image.copy()
        thumbnail.thumbnail((side, side), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        thumbnail.save(buffer, format="JPEG", quality=85, optimize=True)
        outputs[f"{side}.jpg"] = buffer.getvalue()
    return outputs


def small(photo, kind, **options):
    image = Image.open(io.BytesIO(photo))
    image.thumbnail((800, 800), Image.Resampling.LANCZOS)  # decodes reduced, where that is enough
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return {f"800.{kind.lower()}": buffer.getvalue()}


JOBS = {
    "upload": lambda photo: compress(photo) | thumbnails(photo),
    "thumbnails": thumbnails,
    "webp-800": lambda photo: small(photo, "WEBP", quality=80),
    "avif-800": lambda photo: small(photo, "AVIF", quality=60, speed=8, max_threads=1),
}


def memory(field):
    return int(re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def main():
    job, path, folder = sys.argv[1:4]
    photo = Path(path).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far was the interpreter's own start
    before = memory("VmRSS")
    JOBS[job](photo)
    grown = memory("VmHWM") - before
    start = time.process_time()
    outputs = JOBS[job](photo)
    print(round((time.process_time() - start) * 1000, 1), round(grown, 1))
    for name, data in outputs.items():
        Path(folder, name).write_bytes(data)


main()
