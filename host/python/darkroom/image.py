"""The chain: a recipe that grows with each call, and the methods that render it."""

from __future__ import annotations

import io
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import pixels
from .contract import Rendition
from .engine import core
from .errors import DarkroomError
from .vocabulary import ENCODERS, Encoders

if TYPE_CHECKING:
    import numpy
    import PIL.Image

TIMEOUT = 30.0


class Image(Encoders):
    """A source and a recipe, immutable: each method returns a new chain, so that several can share a start."""

    def __init__(self, source, recipe: dict[str, Any], limits: str, timeout: float) -> None:
        self._source, self._recipe, self._limits, self._timeout = source, recipe, limits, timeout

    def set(self, **options) -> Image:
        """Any options of a recipe: `set(width=800, max_bytes=30_000)`."""
        named = {name.replace("_", "-"): value for name, value in options.items() if value is not None}
        return Image(self._source, self._recipe | named, self._limits, self._timeout)

    def recipe(self, text: str) -> Image:
        """A recipe as text: `width=800,format=webp`."""
        canonical = core().call(lambda contract: contract.canonical(text), self._timeout)
        options = dict(option.split("=", 1) for option in canonical.split(",") if option)
        return Image(self._source, self._recipe | options, self._limits, self._timeout)

    def resize(self, width: int | None = None, height: int | None = None, **options) -> Image:
        """Scales down to fit within the given size, keeping the aspect ratio; `fit` changes that."""
        return self.set(width=width, height=height, **options)

    def encode(self, format: str | None = None, **options) -> bytes:
        """The output's bytes, as WebP unless another format is set."""
        return self.set(format=format, **options).rendition().data

    def rendition(self) -> Rendition:
        """The output with its format, size and quality."""
        return self.render(str(self))[0]

    def render(self, *recipes: str) -> list[Rendition]:
        """An output for each recipe, all from one decode; this chain's own options are not applied."""
        _, outcomes = self._call(lambda contract: contract.transform(self._source, list(recipes), self._limits))
        for outcome in outcomes:
            if isinstance(outcome, DarkroomError):
                raise outcome
        return outcomes

    def save(self, path: str | os.PathLike) -> Rendition:
        """Writes the output to a file, whose extension selects the format unless the chain sets one."""
        chosen = self if "format" in self._recipe else self.set(format=_format(Path(path)))
        rendition = chosen.rendition()
        Path(path).write_bytes(rendition.data)
        return rendition

    @cached_property
    def info(self) -> dict:
        """Facts from the source's headers: `format`, `width` and `height` as displayed, `frames`, `alpha` and others."""
        return self._call(lambda contract: contract.probe(self._source, self._limits))

    @property
    def size(self) -> tuple[int, int]:
        """The source's width and height as displayed."""
        return self.info["width"], self.info["height"]

    def describe(self) -> dict:
        """A ThumbHash, the dominant colour, and the camera's EXIF fields."""
        return self._call(lambda contract: contract.describe(self._source, self._limits))

    def pillow(self) -> PIL.Image.Image:
        """The output as a Pillow image in RGB, or RGBA if it has alpha."""
        from PIL import Image as Pillow

        # A PNG is stored as a palette or grayscale if that is lossless.
        image = Pillow.open(io.BytesIO(self.encode("png", effort=0)))
        return image.convert("RGBA" if image.has_transparency_data else "RGB")

    def numpy(self) -> numpy.ndarray:
        """The output as an array of height × width × 3 channels, or 4 if it has alpha. Pillow decodes it."""
        import numpy

        return numpy.array(self.pillow())

    def __str__(self) -> str:
        return ",".join(f"{name}={_word(name, value)}" for name, value in sorted(self._recipe.items()))

    def _call(self, use):
        return core().call(use, self._timeout)


def open(source, *, limits: str = "", timeout: float = TIMEOUT) -> Image:  # noqa: A001 (as in Pillow)
    """Opens an image from bytes, a path, a file, a NumPy array or a Pillow image.

    `limits` is a text such as `pixels=100000000`; omitted limits have their defaults. `timeout` is in seconds, for each call.
    """
    return Image(_read(source), {}, limits, timeout)


def _read(source):
    if isinstance(source, (str, os.PathLike)):
        return Path(source).read_bytes()
    if hasattr(source, "read"):
        return source.read()
    if hasattr(source, "getbands"):
        return pixels.from_pillow(source)
    if hasattr(source, "dtype"):
        return pixels.from_array(source)
    return memoryview(source)


def _word(name: str, value) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "," in text:
        raise DarkroomError("invalid-recipe", f"{name}={text}: must have no comma")
    return text


def _format(path: Path) -> str:
    ending = path.suffix[1:].lower()
    for format, endings in ENCODERS.items():
        if ending in endings:
            return format
    raise ValueError(f"{path}: must end in {', '.join(ending for endings in ENCODERS.values() for ending in endings)}")
