"""Darkroom beside Pillow and sharp: CPU time of the same jobs in turn, in one run, one thread each.

Prints a table of ratios (Darkroom / peer: below 1 is faster) with sizes and SSIMULACRA2, and writes bench.json.
Usage: bench.py PHOTOS OUT BINARIES [ROUNDS]
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageOps

HERE = Path(__file__).parent
PHOTOS, OUT, BINARIES = (Path(argument).resolve() for argument in sys.argv[1:4])
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 5

TOOLS = {
    "darkroom": [str(BINARIES / "darkroom-jobs")],
    "pillow": [sys.executable, str(HERE / "pillow_jobs.py")],
    "sharp": ["node", str(HERE / "sharp_jobs.mjs")],
}
JOBS = ["upload", "thumbnails", "webp-800", "avif-800"]


def run(tool, job, photo):
    """CPU milliseconds of the measured job, and the peak memory of the whole process in MiB."""
    folder = OUT / tool / job / photo.stem
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen([*TOOLS[tool], job, str(photo), str(folder)], stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{tool} {job} {photo.name} failed")
    return float(printed), usage.ru_maxrss / 1024


def score(photo, output):
    """SSIMULACRA2 against the photo, reduced with Lanczos to the output's size where that is smaller."""
    image = Image.open(output).convert("RGB")
    reference = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    if reference.size != image.size:
        reference = reference.resize(image.size, Image.Resampling.LANCZOS)
    paths = [OUT / "reference.png", OUT / "distorted.png"]
    for picture, path in zip((reference, image), paths):
        picture.save(path, compress_level=1)
    return float(subprocess.check_output([BINARIES / "ssimulacra2", *paths]))


def measure(job, photo, scorer):
    """Every tool in turn, ROUNDS times over, so that a slow moment of the machine meets all of them."""
    rounds = []
    for number in range(ROUNDS):
        print(f"\r{photo.stem} {job} {number + 1}/{ROUNDS} ", end="", file=sys.stderr, flush=True)
        rounds.append({tool: run(tool, job, photo) for tool in TOOLS})
    row = {"job": job, "photo": photo.stem, "tools": {}}
    for tool in TOOLS:
        files = sorted((OUT / tool / job / photo.stem).iterdir())
        row["tools"][tool] = {
            "cpuMs": statistics.median(times[tool][0] for times in rounds),
            "ratio": statistics.median(times["darkroom"][0] / times[tool][0] for times in rounds),
            "peakMiB": round(statistics.median(times[tool][1] for times in rounds)),
            "bytes": {file.name: file.stat().st_size for file in files},
            "ssimulacra2": {file.name: scorer.apply(score, (photo, file)) for file in files},
        }
    return row


def table(rows):
    head = ["job", "photo", "tool", "CPU ms", "Darkroom/tool", "peak MiB", "output", "bytes", "SSIMULACRA2"]
    lines = [head]
    for row in rows:
        for tool, found in row["tools"].items():
            for at, (name, size) in enumerate(found["bytes"].items()):
                first = [row["job"], row["photo"], tool, f"{found['cpuMs']:.0f}", f"{found['ratio']:.2f}", str(found["peakMiB"])]
                lines.append([*(first if at == 0 else [""] * 6), name, f"{size:,}", f"{found['ssimulacra2'][name]:.1f}"])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    right = {3, 4, 5, 7, 8}
    for line in lines:
        cells = (text.rjust(width) if at in right else text.ljust(width) for at, (text, width) in enumerate(zip(line, widths)))
        print("  ".join(cells).rstrip())


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    photos = sorted(PHOTOS.glob("*.jpg"))
    # Elsewhere: a child's peak memory is never less than its parent's, and pictures make that large.
    with multiprocessing.get_context("spawn").Pool(1) as scorer:
        rows = [measure(job, photo, scorer) for photo in photos for job in JOBS]
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    table(rows)
    (OUT / "bench.json").write_text(json.dumps({"rounds": ROUNDS, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
