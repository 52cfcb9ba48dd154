"""The JPEG decoder in wasmtime: CPU time compared with zune-jpeg's for all pixels of the same photo, in the same run.

Each decode has its own instance, like each image in Darkroom.
Usage: jpeg.py MODULE PHOTOS [ROUNDS]
"""

import statistics
import sys
import time
from pathlib import Path

from wasmtime import Engine, Instance, Module, Store

JOBS = [("zune", 1), ("rows", 1), ("planes", 1), ("rows", 2), ("rows", 4), ("planes", 4), ("rows", 8), ("planes", 8)]
PHOTOS = ["kleiber-20mp-baseline", "dragonfly-13mp-progressive"]


def decode(engine, module, source, export, times):
    """CPU milliseconds, and the module's memory in MiB."""
    store = Store(engine)
    exports = Instance(store, module, []).exports(store)
    start = exports["allocate"](store, len(source))
    exports["memory"].write(store, source, start)
    before = time.process_time()
    if exports[export](store, start, len(source), times) == 256:
        sys.exit(f"{export} failed")
    return (time.process_time() - before) * 1000, exports["memory"].data_len(store) / 2**20


def main(path, photos, rounds):
    engine = Engine()
    module = Module.from_file(engine, path)
    print("| photo | decoder | reduced | CPU, ms | of zune-jpeg's | memory, MiB |\n|---|---|---|---|---|---|")
    for photo in PHOTOS:
        source = (Path(photos) / f"{photo}.jpg").read_bytes()
        found = [[decode(engine, module, source, *job) for job in JOBS] for _ in range(rounds)]
        for number, (export, times) in enumerate(JOBS):
            taken = statistics.median(row[number][0] for row in found)
            ratio = statistics.median(row[number][0] / row[0][0] for row in found)
            print(f"| {photo} | {export} | {times} | {taken:.0f} | {ratio:.2f} | {found[0][number][1]:.0f} |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 7)
