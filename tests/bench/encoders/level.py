"""Brings encoders to one level: the bytes that each takes for the same SSIMULACRA2."""

import math
import subprocess

from PIL import Image

REFERENCE, QUALITY = "WebP", 80
STEP = 0.6  # of SSIMULACRA2, that a step of quality is worth before two are known
NEAR = 0.2
TRIES = 6


class Level:
    """Encodes a picture with one encoder, as often as it takes."""

    def __init__(self, tools, scorer, picture, name, out):
        self.tools, self.scorer, self.picture, self.name, self.out = tools, scorer, picture, name, out
        self.tried = {}

    def at(self, quality):
        if quality not in self.tried:
            self.tools.encode(self.name, self.picture, quality, self.out)
            self.tried[quality] = (self.out.stat().st_size, score(self.scorer, self.picture, self.out))
        return self.tried[quality]

    def find(self, wanted):
        """The quality nearest to `wanted`, what it gives, and the bytes at `wanted` between it and the next nearest."""
        quality = QUALITY
        for _ in range(TRIES):
            _, found = self.at(quality)
            if abs(found - wanted) < NEAR and len(self.tried) > 1:
                break
            quality = self.next(wanted)
            if quality in self.tried:
                break
        nearest = sorted(self.tried, key=lambda quality: abs(self.tried[quality][1] - wanted))[:2]
        size, found = self.tried[nearest[0]]
        between = interpolated([self.tried[quality] for quality in nearest], wanted)
        return {"quality": nearest[0], "bytes": size, "ssimulacra2": found, "bytesAtLevel": round(between)}

    def next(self, wanted):
        """By the slope of the two nearest that are known."""
        known = sorted(self.tried, key=lambda quality: abs(self.tried[quality][1] - wanted))[:2]
        best, slope = known[0], STEP
        if len(known) == 2 and self.tried[known[0]][1] != self.tried[known[1]][1]:
            slope = max((self.tried[known[0]][1] - self.tried[known[1]][1]) / (known[0] - known[1]), STEP / 10)
        step = (wanted - self.tried[best][1]) / slope
        step = math.copysign(max(1, min(abs(step), 25)), step)
        return max(1, min(100, round(best + step)))


def interpolated(points, wanted):
    """Bytes: their logarithm is nearly a line of the score."""
    (size, score), *others = points
    if not others or others[0][1] == score:
        return size
    other_size, other_score = others[0]
    share = (wanted - score) / (other_score - score)
    return math.exp(math.log(size) + share * (math.log(other_size) - math.log(size)))


def score(program, picture, file):
    """SSIMULACRA2. djxl reads what Pillow does not."""
    shown = file.with_suffix(".shown.png")
    if file.suffix == ".jxl":
        subprocess.run(["djxl", file, shown], check=True, stderr=subprocess.DEVNULL)
    else:
        Image.open(file).convert("RGB").save(shown, compress_level=1)
    return float(subprocess.check_output([program, picture.png, shown]))
