"""Measures one picture with every encoder, and a transcoded JPEG."""

import statistics
import sys

from .encode import ENCODERS, run
from .level import QUALITY, REFERENCE, Level


def measure(tools, scorer, picture, out, rounds):
    """At the SSIMULACRA2 that Darkroom's WebP has at its default quality; CPU time in turn, at the qualities found."""
    row = {"picture": picture.name, "kind": picture.kind, "width": picture.width, "height": picture.height}
    target = lambda name: out / f"{picture.png.stem}.{list(ENCODERS).index(name)}.{ENCODERS[name][1]}"
    say(f"{picture.name} {picture.width}: {REFERENCE}")
    _, wanted = Level(tools, scorer, picture, REFERENCE, target(REFERENCE)).at(QUALITY)
    found = {}
    for name in ENCODERS:
        say(f"{picture.name} {picture.width}: {name}")
        found[name] = Level(tools, scorer, picture, name, target(name)).find(wanted)
    runs = []
    for number in range(rounds):
        say(f"{picture.name} {picture.width}: round {number + 1}")
        runs.append({name: tools.encode(name, picture, found[name]["quality"], target(name)) for name in ENCODERS})
    for name, each in found.items():
        each["bytesOfWebp"] = round(each["bytesAtLevel"] / found["WebP"]["bytesAtLevel"], 3)
        each["bytesOfAvif"] = round(each["bytesAtLevel"] / found["AVIF"]["bytesAtLevel"], 3)
        each["cpuMs"] = round(statistics.median(run[name] for run in runs), 1)
        each["cpuOfWebp"] = round(statistics.median(run[name] / run["WebP"] for run in runs), 3)
        each["cpuOfAvif"] = round(statistics.median(run[name] / run["AVIF"] for run in runs), 3)
    return {**row, "ssimulacra2": wanted, "encoders": found}


def take_over(tools, jpeg, megapixels, out, rounds):
    """A JPEG as a JPEG XL from which it can be restored; compared with cjxl."""
    ours, theirs = out / "own.jxl", out / "cjxl.jxl"
    runs = []
    for number in range(rounds):
        say(f"{jpeg.stem}, taken over: round {number + 1}")
        runs.append((tools.render(jpeg, "format=jxl,lossless=true,metadata=keep", ours),
                     run(["cjxl", jpeg, theirs, "--lossless_jpeg=1", "--num_threads=0"])))
    spent = statistics.median(run[0] for run in runs)
    size, other = ours.stat().st_size, theirs.stat().st_size
    return {"picture": jpeg.stem, "megapixels": round(megapixels, 2), "jpegBytes": jpeg.stat().st_size, "bytes": size,
            "cjxlBytes": other, "bytesOfCjxl": round(size / other, 4), "cpuMs": round(spent, 1),
            "msPerMegapixel": round(spent / megapixels, 1), "cpuOfCjxl": round(statistics.median(a / b for a, b in runs), 3)}


def say(text):
    print(f"\r{text:<79}", end="", file=sys.stderr, flush=True)
