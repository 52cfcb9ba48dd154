"""Encodes with each tool, and tells the CPU time of it: cjxl is a process for each file, the others are one for all."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent

# Name, tool, format, and settings other than quality: Darkroom's efforts `fast` and default, and the others' defaults.
ENCODERS = {
    "WebP": ("darkroom", "webp", ""),
    "AVIF": ("darkroom", "avif", ""),
    "JPEG XL, effort 3": ("darkroom", "jxl", ",effort=3"),
    "JPEG XL": ("darkroom", "jxl", ""),
    "cjxl": ("cjxl", "jxl", None),
    "sharp's WebP": ("sharp", "webp", {}),
    "sharp's AVIF": ("sharp", "avif", {}),
}


class Tools:
    """The tools, started once."""

    def __init__(self, binaries):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        self.darkroom = subprocess.Popen([binaries / "darkroom-renders"], **pipes)
        self.sharp = subprocess.Popen(["node", HERE / "sharp_renders.mjs"], **pipes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for tool in (self.darkroom, self.sharp):
            tool.stdin.close()
            tool.wait()

    def encode(self, name, picture, quality, output):
        """CPU milliseconds."""
        tool, kind, settings = ENCODERS[name]
        if tool == "darkroom":
            return self.render(picture.bmp, f"format={kind},quality={quality}{settings}", output)
        if tool == "cjxl":
            return run(["cjxl", picture.ppm, output, "-q", quality, "--num_threads=0"])
        wish = {"samples": picture.raw, "width": picture.width, "height": picture.height, "format": kind,
                "options": {"quality": quality, **settings}, "output": output}
        return asked(self.sharp, json.dumps(wish, default=str))

    def render(self, source, recipe, output):
        """Darkroom's rendition of a file."""
        return asked(self.darkroom, f"{source}\t{recipe}\t{output}")


def asked(tool, line):
    tool.stdin.write(f"{line}\n")
    tool.stdin.flush()
    return float(tool.stdout.readline() or sys.exit(f"failed: {line}"))


def run(command):
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        sys.exit(f"{command} failed")
    return (usage.ru_utime + usage.ru_stime) * 1000
