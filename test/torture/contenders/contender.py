"""The critical section of arena.mjs in Python, under lockbridge, flock or a POSIX record lock.

Arguments: directory, id, seed, one of lockbridge, flock, lockf, and the policy for empty files.
"""

from __future__ import annotations

import fcntl
import os
import random
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

directory, name, seed, how, empty = sys.argv[1:]
path = os.path.join(directory, "updates.lock")
log = os.open(os.path.join(directory, "log"), os.O_WRONLY | os.O_APPEND)
counter = os.open(os.path.join(directory, "counter"), os.O_RDWR)
chance = random.Random(int(seed)).random


def say(verb: str, rest: str = "") -> None:
    line = f"{verb} {name} {os.getpid()} {time.monotonic_ns()} {rest}".rstrip()
    os.write(log, f"{line}\n".encode())


def section(found: str) -> None:
    say("enter", found)
    count = int(os.pread(counter, 12, 0))
    lingers = chance()
    if lingers < 0.1:
        time.sleep(chance() * (0.03 if lingers < 0.01 else 0.002))
    os.pwrite(counter, b"%012d" % (count + 1), 0)
    say("leave", str(count))


def facts(locked: int) -> str:
    """The inode of a locked descriptor, and whether the path names another one or none."""
    inode = os.fstat(locked).st_ino
    try:
        return f"{inode}" if os.stat(path).st_ino == inode else f"{inode} astray"
    except FileNotFoundError:
        return f"{inode} astray"


@contextmanager
def bridged() -> Iterator[str]:
    import lockbridge

    lock = lockbridge.Lock(path, empty=empty, reason=name)
    lock.acquire()
    found = facts(lock._held.fd)
    yield found
    outcome = lock.release()
    if outcome in ("orphaned", "lost"):
        say(outcome, found.split()[0])


@contextmanager
def locked() -> Iterator[str]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    (fcntl.flock if how == "flock" else fcntl.lockf)(fd, fcntl.LOCK_EX)
    yield facts(fd)
    os.close(fd)


while True:
    say("want")
    with bridged() if how == "lockbridge" else locked() as found:
        section(found)
    time.sleep(chance() / 250)
