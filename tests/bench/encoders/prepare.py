"""Prepares the pictures: the same pixels for every encoder, in files that take no time to read."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

WIDTH = 800


@dataclass
class Picture:
    """One size of a picture. Each file holds the same pixels: to be scored against, for Darkroom, for cjxl, for sharp."""

    name: str
    kind: str
    width: int
    height: int
    png: Path
    bmp: Path
    ppm: Path
    raw: Path

    @property
    def megapixels(self):
        return self.width * self.height / 1e6


def prepare(folder, out):
    """Every file of `folder/KIND` at 800 pixels and at its own size."""
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*/*")):
        whole = Image.open(path).convert("RGB")
        height = round(whole.height * WIDTH / whole.width)
        for image in (whole.resize((WIDTH, height), Image.Resampling.LANCZOS), whole):
            yield written(path, image, out)


def written(path, image, out):
    stem = out / f"{path.stem}-{image.width}"
    files = {ending: stem.with_suffix(f".{ending}") for ending in ("png", "bmp", "ppm", "raw")}
    for ending in ("png", "bmp", "ppm"):
        image.save(files[ending], **({"compress_level": 1} if ending == "png" else {}))
    files["raw"].write_bytes(image.tobytes())
    return Picture(path.stem, path.parent.name, image.width, image.height, **files)
