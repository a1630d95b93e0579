"""Real processes for the tests of the lock: a child says a line when it holds, and waits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from typing_extensions import Self

HOLD = """
import sys, lockbridge
lock = lockbridge.Lock(sys.argv[1], reason="a child")
lock.acquire()
print("held", flush=True)
sys.stdin.readline()
print(lock.release(), flush=True)
"""


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition came true within that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


class Child:
    """A process whose lines can be read and which ends with the test."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.pid = self.process.pid

    @classmethod
    def python(cls, code: str, *arguments: str) -> Self:
        return cls([sys.executable, "-c", code, *arguments])

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def say(self, text: str = "") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def wait(self) -> int:
        return self.process.wait(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.kill()
        self.process.wait()


def holder(path: str) -> Child:
    """A process that holds the lock until it is told a line; then it says how the release ended."""
    child = Child.python(HOLD, path)
    assert child.line() == "held"
    return child


def flocker(path: str, *options: str) -> Child:
    """flock(1) that says ``held`` once it holds, until it is told a line."""
    return Child(["flock", *options, path, "sh", "-c", "echo held; read line"])


def waits_in_flock(path: str) -> bool:
    """Whether somebody is blocked on the file, as /proc/locks shows it."""
    inode = f":{os.stat(path).st_ino} "
    with open("/proc/locks", encoding="ascii") as locks:
        return any("->" in line and inode in line for line in locks)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
