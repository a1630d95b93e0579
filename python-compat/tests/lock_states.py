"""Real programs that hold, share, wait for or left a lock, for the tests of what is seen."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SOURCE = os.path.join(os.path.dirname(__file__), "..", "src")

_SETUP = """
import fcntl, os, struct, subprocess, sys
path = sys.argv[1]
def record(command, kind, start, length):
    fcntl.fcntl(f, command, struct.pack("@hhqqi0q", kind, 0, start, length, 0))
def ready():
    print("ready", flush=True)
"""

#: What a Python program does to hold; it has its file ``f`` open for reading and writing.
FLOCK = "fcntl.flock(f, fcntl.LOCK_EX)"
FLOCK_SHARED = "fcntl.flock(f, fcntl.LOCK_SH)"
POSIX = "fcntl.lockf(f, fcntl.LOCK_EX)"
POSIX_BYTES = "fcntl.lockf(f, fcntl.LOCK_EX, 1, 0); fcntl.lockf(f, fcntl.LOCK_SH, 10, 20)"
OFD = "record(fcntl.F_OFD_SETLK, fcntl.F_WRLCK, 0, 0)"
OFD_BYTES = "record(fcntl.F_OFD_SETLK, fcntl.F_RDLCK, 5, 10)"
OPEN_ONLY = "pass"
LEFT_TO_CHILD = (
    "fcntl.flock(f, fcntl.LOCK_EX); "
    "subprocess.Popen(['cat'], pass_fds=[f.fileno()], stdout=subprocess.DEVNULL)"
)

_OWN = """
import sys
from lockbridge._create import create
from lockbridge._lockfile import Birth
from lockbridge._record import make_record
held = create(sys.argv[1], Birth(make_record("a reason")))
print("ready", flush=True)
sys.stdin.read()
"""

_PEER = """
import sys
import lockfile.{module} as peer
lock = peer.{name}(sys.argv[1])
lock.acquire(timeout=0)
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def child(*argv: str, says: str = "ready\n", **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that has printed that it is ready; it ends when its input does, or is killed."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(argv, **{**pipes, **options}) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == says
            yield process
        finally:
            process.kill()


@contextmanager
def holder(path: str, hold: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program that has the file open and has done ``hold``."""
    program = f"{_SETUP}\nf = open(path, 'r+')\n{hold}\nready()\nsys.stdin.read()"
    with child(sys.executable, "-c", program, path) as process:
        yield process


@contextmanager
def waiter(path: str, wait: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program that is blocked in ``wait``."""
    program = f"{_SETUP}\nf = open(path, 'r+')\nready()\n{wait}"
    with child(sys.executable, "-c", program, path) as process:
        until(lambda: f" {process.pid} " in _waiting())
        yield process


def _waiting() -> str:
    with open("/proc/locks", encoding="ascii") as locks:
        return "".join(line for line in locks if "->" in line)


@contextmanager
def own(path: str) -> Iterator[subprocess.Popen[str]]:
    """A process of this package that holds the path."""
    with child(sys.executable, "-c", _OWN, path, env=environment()) as process:
        yield process


def left_by_dead(path: str, program: str = _OWN) -> None:
    """What a holder leaves that was killed."""
    with child(sys.executable, "-c", program, path, env=environment()):
        pass


def peer_program(module: str, name: str) -> str:
    """A program that takes a path with a class of the real ``lockfile`` library."""
    return _PEER.format(module=module, name=name)


def environment() -> dict[str, str]:
    """Ours, with this package importable."""
    return {**os.environ, "PYTHONPATH": _SOURCE}


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Returns once the condition holds; fails if it never does."""
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < ends, "it never came about"
        pause.wait(0.005)


def write(path: str, content: bytes = b"") -> str:
    """A file with this content; its path."""
    with open(path, "wb") as file:
        file.write(content)
    return path
