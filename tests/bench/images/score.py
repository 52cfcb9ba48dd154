"""Scores a rendition: SSIMULACRA2 against its photo, reduced with Lanczos to the rendition's size."""

import multiprocessing
import subprocess

from PIL import Image, ImageOps


class Scorer:
    """Works in another process: a child's peak memory is never less than its parent's, and pictures make that large."""

    def __init__(self, place):
        self.place = place
        self.pool = multiprocessing.get_context("spawn").Pool(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pool.terminate()

    def score(self, photo, output):
        return self.pool.apply(score, (self.place.out, self.place.binaries / "ssimulacra2", photo, output))


def score(out, program, photo, output):
    image = Image.open(output).convert("RGB")
    reference = out / "references" / f"{photo.stem}-{image.width}x{image.height}.png"
    if not reference.exists():
        reference.parent.mkdir(parents=True, exist_ok=True)
        whole = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
        whole.resize(image.size, Image.Resampling.LANCZOS).save(reference, compress_level=1)
    distorted = out / "distorted.png"
    image.save(distorted, compress_level=1)
    return float(subprocess.check_output([program, reference, distorted]))
