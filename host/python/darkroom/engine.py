"""Runs the image core: a fresh instance for each call, with a deadline and a memory cap."""

import hashlib
import os
import tempfile
import threading
import time
from contextlib import contextmanager
from importlib import metadata, resources
from pathlib import Path

from wasmtime import Config, Engine, Module, Store, Trap, TrapCode, WasmtimeError

from .contract import Contract
from .errors import DarkroomError

TICK = 0.02  # seconds
MEMORY = 3 << 30  # bytes


class Core:
    """The image core, compiled once. Calls in several threads run concurrently, because the GIL is released."""

    def __init__(self, code: bytes) -> None:
        config = Config()
        config.epoch_interruption = True
        self._engine = Engine(config)
        self._module = _compiled(self._engine, code)
        self._clock = _Clock(self._engine)

    def call(self, use, timeout: float):
        """Calls `use` with a new instance and returns its result. Raises DarkroomError; `timeout` is in seconds."""
        store = Store(self._engine)
        store.set_limits(memory_size=MEMORY)
        store.set_epoch_deadline(max(1, round(timeout / TICK)) + 1)
        try:
            with self._clock.running():
                return use(Contract(store, self._module))
        except Trap as trap:
            if trap.trap_code == TrapCode.INTERRUPT:
                raise DarkroomError("timeout", f"not done within {timeout} s") from None
            raise DarkroomError("trap", str(trap)) from None
        except WasmtimeError as error:
            raise DarkroomError("trap", str(error)) from None
        finally:
            store.close()


class _Clock:
    """Advances the engine's epoch while a call runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._calls = 0
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextmanager
    def running(self):
        with self._change:
            self._calls += 1
            if self._thread is None or not self._thread.is_alive():  # a forked process has no threads
                self._thread = threading.Thread(target=self._tick, name="darkroom-clock", daemon=True)
                self._thread.start()
            self._change.notify()
        try:
            yield
        finally:
            with self._change:
                self._calls -= 1

    def _tick(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._calls)
            time.sleep(TICK)
            self._engine.increment_epoch()


def _compiled(engine: Engine, code: bytes) -> Module:
    """Loads compiled code from the cache, or compiles it, which takes seconds, and caches it.

    Compiled code runs without further checks, so only this user may have write access to the folder.
    """
    folder = cache_folder()
    key = hashlib.sha256(code + metadata.version("wasmtime").encode()).hexdigest()[:32]
    path = folder / f"{key}.cwasm"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        owned = folder.stat()
        if hasattr(os, "getuid") and (owned.st_uid != os.getuid() or owned.st_mode & 0o022):
            return Module(engine, code)
        if path.exists():
            return Module.deserialize_file(engine, str(path))
    except OSError:
        return Module(engine, code)
    except WasmtimeError:
        pass  # for another processor, or damaged
    module = Module(engine, code)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(module.serialize())
        os.replace(file.name, path)
    except OSError:
        pass
    return module


def cache_folder() -> Path:
    """The folder for compiled code: `DARKROOM_CACHE`, or one in the user's cache folder."""
    named = os.environ.get("DARKROOM_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(named) / "python" if named else Path(base) / "darkroom-python"


_core: Core | None = None
_lock = threading.Lock()


def core() -> Core:
    """The image core of this process."""
    global _core
    with _lock:
        if _core is None:
            _core = Core(resources.files("darkroom").joinpath("core.wasm").read_bytes())
        return _core
