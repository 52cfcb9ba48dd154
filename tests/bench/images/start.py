"""Starts Darkroom: how long the first image of a process takes, and how much memory of the sandbox an image needs."""

import statistics
import subprocess
import time

JOB = "webp-800"


def start(place, photo, rounds):
    """Clock milliseconds from before the process to its first image, then of the same image again. Code is compiled."""
    command = [place.binaries / "darkroom-first", code(place), JOB, photo]
    runs = []
    for number in range(4 * rounds + 1):
        begun = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            times = [(process.stdout.readline(), time.perf_counter())[1] for _ in range(2)]
        if process.returncode != 0:
            raise SystemExit("darkroom-first failed")
        if number > 0:  # the files are read by then
            runs.append(((times[0] - begun) * 1000, (times[1] - times[0]) * 1000))
    first, warm = (statistics.median(run[at] for run in runs) for at in range(2))
    more = statistics.median(first - warm for first, warm in runs)
    return {"firstMs": round(first, 1), "warmMs": round(warm, 1), "moreMs": round(more, 1)}


def memory(place, photo):
    """MiB of the wasm memory at its peak."""
    return float(subprocess.check_output([place.binaries / "darkroom-memory", code(place), JOB, photo]))


def code(place):
    path = place.out / "processor.cwasm"
    if not path.exists():
        raise SystemExit(f"{path} is missing: precompile() makes it")
    return path


def precompile(place):
    subprocess.run([place.binaries / "darkroom", "precompile", "--out", place.out / "processor.cwasm"], check=True,
                   stdout=subprocess.DEVNULL)
