"""Runs one job with one tool, in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent.parent
JOBS = ["upload", "thumbnails", "webp-800", "avif-800"]
# sharp is native code in Node. The last three are WebAssembly in the same Node; photon has no AVIF.
TOOLS = ["darkroom", "pillow", "sharp", "wasm-vips", "jsquash", "photon"]


def can(tool, job):
    return (tool, job) != ("photon", "avif-800")


@dataclass
class Place:
    """Where the photos' renditions and the programs are."""

    out: Path
    binaries: Path

    def command(self, tool):
        node = {"sharp": "sharp", "wasm-vips": "vips", "jsquash": "jsquash", "photon": "photon"}
        if tool in node:
            return ["node", HERE / f"{node[tool]}_jobs.mjs"]
        return [sys.executable, HERE / "pillow_jobs.py"] if tool == "pillow" else [self.binaries / "darkroom-jobs"]

    def folder(self, tool, job, photo):
        return self.out / tool / job / photo.stem

    def run(self, tool, job, photo, settings=()):
        """CPU milliseconds of the measured job; in MiB what the first one grew by, and the peak of the whole process."""
        folder = self.folder(tool, job, photo)
        folder.mkdir(parents=True, exist_ok=True)
        command = [*self.command(tool), job, photo, folder, *map(str, settings)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        if status != 0:
            sys.exit(f"{tool} {job} {photo.name} failed")
        cpu, grown = map(float, printed.split())
        return {"cpuMs": cpu, "grownMiB": grown, "peakMiB": usage.ru_maxrss / 1024}


def versions():
    from PIL import __version__ as pillow

    lock = json.loads((HERE / "package.json").read_text())["dependencies"]
    node = subprocess.check_output(["node", "--version"], text=True).strip().lstrip("v")
    jsquash = ", ".join(f"{name.split('/')[1]} {version}" for name, version in lock.items() if name.startswith("@jsquash/"))
    return {
        "pillow": pillow, "sharp": lock["sharp"], "wasm-vips": lock["wasm-vips"], "jsquash": jsquash,
        "photon": lock["@cf-wasm/photon"], "node": node,
    }
