"""Compares encoders at one level: the bytes that each takes for the same SSIMULACRA2."""

import math
import subprocess

from PIL import Image

REFERENCE, QUALITY = "WebP", 80
SLOPE = 0.5  # of SSIMULACRA2 for a step of quality, before it is known
NEAR = 0.1
TRIES = 6


class Level:
    """Encodes a picture with one encoder, as often as necessary."""

    def __init__(self, tools, scorer, picture, name, out):
        self.tools, self.scorer, self.picture, self.name, self.out = tools, scorer, picture, name, out
        self.tried = {}

    def at(self, quality):
        if quality not in self.tried:
            self.tools.encode(self.name, self.picture, quality, self.out)
            self.tried[quality] = (self.out.stat().st_size, score(self.scorer, self.picture, self.out))
        return self.tried[quality]

    def find(self, wanted):
        """The quality closest to `wanted`, its result, and the bytes at `wanted` itself."""
        quality = QUALITY
        for _ in range(TRIES):
            if abs(self.at(quality)[1] - wanted) < NEAR:
                break
            following = self.next(wanted)
            if following in self.tried:
                break
            quality = following
        below, above = self.around(wanted)
        nearest = min(self.tried, key=lambda quality: abs(self.tried[quality][1] - wanted))
        size, found = self.tried[nearest]
        between = interpolated(self.tried[below], self.tried[above], wanted) if below and above else size
        return {"quality": nearest, "bytes": size, "ssimulacra2": found, "bytesAtLevel": round(between)}

    def around(self, wanted):
        """The highest quality known to be too low, and the lowest that is above it and high enough."""
        below = max((quality for quality, (_, found) in self.tried.items() if found < wanted), default=None)
        enough = (quality for quality, (_, found) in self.tried.items() if found >= wanted and quality > (below or 0))
        return below, min(enough, default=None)

    def next(self, wanted):
        below, above = self.around(wanted)
        if below and above:
            (_, low), (_, high) = self.tried[below], self.tried[above]
            return max(below + 1, min(above - 1, round(below + (above - below) * (wanted - low) / (high - low))))
        only = below or above
        step = math.copysign(min(max(abs(wanted - self.tried[only][1]) / SLOPE, 2), 25), wanted - self.tried[only][1])
        return max(1, min(100, round(only + step)))


def interpolated(low, high, wanted):
    """Bytes: their logarithm is nearly linear in the score."""
    (size, score), (other_size, other_score) = low, high
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
