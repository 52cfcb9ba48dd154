"""Measures a job: every tool in turn, many times, so that a slow moment of the machine affects all of them."""

import statistics
import sys

from .run import TOOLS, can


def measure(place, scorer, job, photo, rounds, avif):
    """`avif` are sharp's quality and effort; wasm-vips, which is the same library, gets the same."""
    tools = [tool for tool in TOOLS if can(tool, job)]
    settings = {tool: avif if job == "avif-800" and tool in ("sharp", "wasm-vips") else () for tool in tools}
    runs = []
    for number in range(rounds):
        print(f"\r{photo.stem} {job} {number + 1}/{rounds} " + " " * 20, end="", file=sys.stderr, flush=True)
        runs.append({tool: place.run(tool, job, photo, settings[tool]) for tool in tools})
    median = lambda of: statistics.median(map(of, runs))
    row = {"job": job, "photo": photo.stem, "tools": {}}
    for tool in tools:
        files = sorted(place.folder(tool, job, photo).iterdir())
        row["tools"][tool] = {
            "cpuMs": median(lambda run: run[tool]["cpuMs"]),
            "ratio": round(median(lambda run: run["darkroom"]["cpuMs"] / run[tool]["cpuMs"]), 4),
            "grownMiB": round(median(lambda run: run[tool]["grownMiB"]), 1),
            "peakMiB": round(median(lambda run: run[tool]["peakMiB"])),
            "bytes": {file.name: file.stat().st_size for file in files},
            "ssimulacra2": {file.name: scorer.score(photo, file) for file in files},
        }
    return row


def main_files(row, tool):
    """A tool's result for a job: its bytes and SSIMULACRA2; three thumbnails count as one, with their mean."""
    found = row["tools"][tool]
    names = ["compressed.webp"] if row["job"] == "upload" else list(found["bytes"])
    size = sum(found["bytes"][name] for name in names)
    return size, statistics.mean(found["ssimulacra2"][name] for name in names)
