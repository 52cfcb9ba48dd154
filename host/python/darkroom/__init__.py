"""Photos in, web images out, in a WebAssembly sandbox.

>>> import darkroom
>>> webp = darkroom.open("photo.jpg").resize(800).webp()
"""

import json

from .contract import Rendition
from .engine import core
from .errors import DarkroomError
from .image import TIMEOUT, Image, open

__all__ = [
    "DarkroomError", "Image", "Rendition", "canonical", "default_limits", "formats", "open", "options", "output_version",
]


def canonical(recipe: str) -> str:
    """The canonical text of a recipe: long names, sorted, without default values."""
    return core().call(lambda contract: contract.canonical(recipe), TIMEOUT)


def options() -> list[dict]:
    """The options of recipes."""
    return json.loads(core().call(lambda contract: contract.text("options"), TIMEOUT))


def formats() -> list[dict]:
    """The formats that can be read or written."""
    return json.loads(core().call(lambda contract: contract.text("formats"), TIMEOUT))


def default_limits() -> str:
    """The default limits, suited to untrusted photos."""
    return core().call(lambda contract: contract.text("default-limits"), TIMEOUT)


def output_version() -> int:
    """Changes exactly when equal arguments would give other bytes than in the previous release."""
    return core().call(lambda contract: contract.output_version(), TIMEOUT)
