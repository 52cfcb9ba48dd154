"""A thumbnail of 12 megapixels in each format, whose time is that of decoding: Darkroom in its sandbox beside Pillow with its
plug-ins (libjpeg-turbo, libpng, libwebp, libtiff, libheif, dav1d, libjxl), one thread each, in turn.

Prints a table: CPU milliseconds (medians), the median of the pairs' ratios, the least sandbox that the job is done in, and by
how much the first time makes Pillow's process grow.
Usage: decoders.py OUT BINARIES [ROUNDS]
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "fixtures"))
import large  # noqa: E402

# What is written beside the files of large.py, and how.
OTHERS = {"jpg": {"quality": 90}, "png": {"compress_level": 1}, "webp": {"quality": 80, "method": 0},
          "gif": {}, "tiff": {"compression": "tiff_lzw"}, "bmp": {}, "qoi": {}}


def sources(out):
    """One file of each format, made once."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "large.jxl").exists():
        image = large.photo().crop((0, 0, large.WIDTH, large.HEIGHT))
        for ending, options in OTHERS.items():
            image.save(out / f"large.{ending}", **options)
        large.main(out)
    return sorted(path for path in out.iterdir() if path.suffix[1:] in {*OTHERS, "heic", "avif", "jxl"})


def run(*command):
    """What a job prints: CPU milliseconds, and MiB."""
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    return [float(word) for word in subprocess.check_output(command, env=one_thread, text=True).split()]


def main(out, binaries, rounds="5"):
    out, binaries = Path(out).resolve(), Path(binaries).resolve()
    files, made, code = sources(out), out / "made", out / "processor.cwasm"
    made.mkdir(exist_ok=True)
    subprocess.run([binaries / "darkroom", "precompile", "--out", code], check=True, stdout=subprocess.DEVNULL)
    print("| source | Darkroom, ms | Pillow, ms | ratio | sandbox, MiB | Pillow, MiB |\n|---|---|---|---|---|---|", flush=True)
    for file in files:
        pairs = [(run(binaries / "darkroom-jobs", "decode", file, made), run(sys.executable, HERE / "decoder_job.py", file))
                 for _ in range(int(rounds))]
        ours, theirs = ([pair[side][0] for pair in pairs] for side in (0, 1))
        ratio = statistics.median(one / other for one, other in zip(ours, theirs))
        [sandbox] = run(binaries / "darkroom-memory", code, "decode", file)
        grown = statistics.median(pair[1][1] for pair in pairs)
        print(f"| {file.name} | {statistics.median(ours):.0f} | {statistics.median(theirs):.0f} | {ratio:.2f} | {sandbox:.1f} "
              f"| {grown:.1f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
