"""Calls the image core's interface (wit/image.wit) through its core module.

Values are passed in the component model's canonical ABI. Bytes are copied once into the instance's memory, and once out of
it; Python's component model would convert every single byte to an object on the way.
"""

import ctypes
import json
import struct
from typing import NamedTuple

from wasmtime import Instance, Module, Store

from .errors import DarkroomError

INTERFACE = "darkroom:image/processor@0.1.0"
RENDITION = 32  # bytes of a `result<rendition, error>`


_writable_memory = ctypes.pythonapi.PyMemoryView_FromMemory
_writable_memory.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int]
_writable_memory.restype = ctypes.py_object


def _writable(address: int, length: int) -> memoryview:
    """Memory as writable bytes, into which any buffer can be copied in one step (PyBUF_WRITE is 0x200)."""
    return _writable_memory(address, length, 0x200)


class Rendition(NamedTuple):
    """One output. `quality` is the quality used, and `None` for a lossless output."""

    format: str
    width: int
    height: int
    quality: int | None
    data: bytes


class Contract:
    """One instance, for a single call, since it can't be entered again after a crash."""

    def __init__(self, store: Store, module: Module) -> None:
        self._store = store
        self._exports = Instance(store, module, []).exports(store)
        self._memory = self._exports["memory"]

    def probe(self, source, limits: str) -> dict:
        """Facts about the source, from its headers alone."""
        return json.loads(self._result("probe", self._text, *self._place(source), *self._place(limits.encode())))

    def describe(self, source, limits: str) -> dict:
        """A placeholder for the image, and the camera's EXIF fields."""
        return json.loads(self._result("describe", self._text, *self._place(source), *self._place(limits.encode())))

    def transform(self, source, recipes: list[str], limits: str) -> tuple[dict, list[Rendition | DarkroomError]]:
        """The source's facts, and the result of every recipe, from one decode."""
        inputs = self._list([self._place(source)])
        texts = self._list([self._place(recipe.encode()) for recipe in recipes])
        return self._result("transform", self._transformed, *inputs, *texts, *self._place(limits.encode()))

    def canonical(self, recipe: str) -> str:
        """The canonical text: long names, sorted, without default values."""
        return self._result("canonical", self._text, *self._place(recipe.encode()))

    def text(self, name: str) -> str:
        """The text that a function without arguments returns."""
        return self._text(self._call(name))

    def output_version(self) -> int:
        """Changes exactly when equal arguments would give other bytes than in the previous release."""
        return self._call("output-version")

    def _call(self, name: str, *words: int):
        return self._exports[f"{INTERFACE}#{name}"](self._store, *words)

    def _result(self, name: str, read, *words: int):
        at = self._call(name, *words)
        if self._word(at) & 0xFF == 0:
            return read(at + 4)
        raise self._error(at + 4)

    def _place(self, data) -> tuple[int, int]:
        """Copies anything with a buffer into the memory; the only such copy."""
        view = memoryview(data).cast("B")
        at = self._allocate(1, len(view))
        _writable(self._address(at), len(view))[:] = view
        return at, len(view)

    def _list(self, items: list[tuple[int, int]]) -> tuple[int, int]:
        words = [word for item in items for word in item]
        at = self._allocate(4, 4 * len(words))
        if words:
            ctypes.memmove(self._address(at), struct.pack(f"<{len(words)}I", *words), 4 * len(words))
        return at, len(items)

    def _allocate(self, align: int, length: int) -> int:
        return self._exports["cabi_realloc"](self._store, 0, 0, align, length) & 0xFFFFFFFF

    def _address(self, at: int) -> int:
        return ctypes.addressof(self._memory.data_ptr(self._store).contents) + (at & 0xFFFFFFFF)

    def _bytes(self, at: int) -> bytes:
        """Copies the list described at `at` out of the memory; the only such copy."""
        start, length = self._word(at), self._word(at + 4)
        return ctypes.string_at(self._address(start), length)

    def _word(self, at: int) -> int:
        return ctypes.c_uint32.from_address(self._address(at)).value

    def _text(self, at: int) -> str:
        return self._bytes(at).decode()

    def _error(self, at: int) -> DarkroomError:
        return DarkroomError(self._text(at), self._text(at + 8))

    def _transformed(self, at: int) -> tuple[dict, list[Rendition | DarkroomError]]:
        first, count = self._word(at + 8), self._word(at + 12)
        return json.loads(self._text(at)), [self._outcome(first + n * RENDITION) for n in range(count)]

    def _outcome(self, at: int) -> Rendition | DarkroomError:
        if self._word(at) & 0xFF:
            return self._error(at + 4)
        quality = self._word(at + 20)  # an option: a flag, then the value
        return Rendition(
            format=self._text(at + 4),
            width=self._word(at + 12),
            height=self._word(at + 16),
            quality=quality >> 8 & 0xFF if quality & 0xFF else None,
            data=self._bytes(at + 24),
        )
