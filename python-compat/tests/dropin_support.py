"""Both libraries under test, threads that answer, and processes that say when they hold."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

if TYPE_CHECKING:
    from typing_extensions import Self

from lockbridge import lockfile

OLD = "lockfile"
OURS = "lockbridge.lockfile"
BOUND = 20.0

SUBMODULES = {
    "LinkLockFile": "linklockfile",
    "MkdirLockFile": "mkdirlockfile",
    "SymlinkLockFile": "symlinklockfile",
    "SQLiteLockFile": "sqlitelockfile",
    "PIDLockFile": "pidlockfile",
}


class Library(NamedTuple):
    """One class of one of the two libraries. ``name`` is its package."""

    name: str
    kind: str

    @property
    def module(self) -> Any:
        return importlib.import_module(self.name)

    @property
    def make(self) -> Any:
        return getattr(importlib.import_module(f"{self.name}.{SUBMODULES[self.kind]}"), self.kind)

    def lock_file(self, path: str) -> str:
        """Where the lock of a path is."""
        return path if self.kind == "PIDLockFile" else f"{path}.lock"


def ids(value: object) -> str:
    return f"{value.name}-{value.kind}" if isinstance(value, Library) else str(value)


def every(*names: str, kinds: Optional[list[str]] = None) -> list[Library]:
    return [Library(name, kind) for name in names for kind in kinds or SUBMODULES]


def in_thread(work: Callable[[], Any]) -> Any:
    """What ``work`` returned or raised in another thread: an exception is the answer, too."""
    answer: list[Any] = []

    def run() -> None:
        try:
            answer.append(work())
        except Exception as error:
            answer.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(BOUND)
    assert answer, "the thread did not answer"
    return answer[0]


def until(true: Callable[[], bool]) -> None:
    """Waits, within a bound, for what no event tells."""
    end = time.monotonic() + BOUND
    while not true():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.005)


_HOLD = """
import importlib, sys
module, kind, path, timeout = sys.argv[1:5]
lock = getattr(importlib.import_module(module), kind)(path)
print("ready", flush=True)
while True:
    try:
        lock.acquire(timeout=float(timeout))
        break
    except FileNotFoundError:
        if not module.startswith("lockfile"):
            raise  # only the old SymlinkLockFile reads a link that may go meanwhile
    except Exception as error:
        print(type(error).__name__, flush=True)
        raise SystemExit(1)
print("held", flush=True)
sys.stdin.readline()
try:
    lock.release()
except Exception as error:
    print(type(error).__name__, flush=True)
else:
    print("released", flush=True)
sys.stdin.readline()
"""


class Process:
    """A Python process that takes a lock, says so, and lets go when told."""

    def __init__(self, library: Library, path: str, timeout: float = 0) -> None:
        argv = [f"{library.name}.{SUBMODULES[library.kind]}", library.kind, path, str(timeout)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self.line() == "ready"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def let_go(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.line()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(BOUND)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


def name_of(error: object) -> str:
    return type(error).__name__


def in_fork(work: Any) -> Any:
    """What ``work`` answers in a forked child, by way of JSON."""
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads and fork: what is tested here
        child = os.fork()
    if child == 0:
        try:
            os.write(writer, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)


def outcome(work: Any) -> str:
    try:
        work()
    except lockfile.Error as error:
        return type(error).__name__
    return "done"
