"""Compares Darkroom with native and WebAssembly tools: CPU time of the same jobs in turn, in one run, one thread each.

Prints the goals with the current figures and a table of ratios (Darkroom / tool: below 1 is faster) with sizes and
SSIMULACRA2; writes all of it as JSON, and draws it.
Usage: bench.py PHOTOS OUT BINARIES JSON SVG [ROUNDS]
"""

import json
import subprocess
import sys
from pathlib import Path

from images.draw import draw
from images.equal import equal
from images.judge import judge
from images.measure import measure
from images.run import JOBS, Place, versions
from images.score import Scorer
from images.start import memory, precompile, start
from images.tell import tell


def component(path):
    """Its size, and the size of its upload."""
    with path.open("rb") as file:
        compressed = subprocess.check_output(["gzip", "-9"], stdin=file)
    return {"bytes": path.stat().st_size, "gzipBytes": len(compressed)}


def main(photos, out, binaries, figures, picture, rounds="5"):
    place, rounds = Place(Path(out).resolve(), Path(binaries).resolve()), int(rounds)
    place.out.mkdir(parents=True, exist_ok=True)
    photos = sorted(Path(photos).resolve().glob("*.jpg"), key=lambda path: -path.stat().st_size)
    precompile(place)
    found = {"rounds": rounds, "versions": versions(), "component": component(place.binaries.parent / "darkroom/processor.wasm")}
    with Scorer(place) as scorer:
        found["avif"] = {photo.stem: equal(place, scorer, photo) for photo in photos}
        found["jobs"] = []
        for photo in photos:
            chosen = found["avif"][photo.stem]["chosen"]
            settings = (chosen["quality"], chosen["effort"])
            found["jobs"] += [measure(place, scorer, job, photo, rounds, settings) for job in JOBS]
    found["wasmMiB"] = {photo.stem: memory(place, photo) for photo in photos}
    found["start"] = {photo.stem: start(place, photo, rounds) for photo in photos}
    found["goals"] = judge(found)
    print("\r" + " " * 79 + "\r", end="", file=sys.stderr)
    tell(found)
    Path(figures).write_text(json.dumps(found, indent=2) + "\n")
    Path(picture).write_text(draw(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
