"""Acquire and release, side by side in one run: lockbridge, the same calls by hand, and its peers.

    python bench/acquire_release.py [DIRECTORY] [--json]

Each round runs every candidate for a few hundred cycles, in turn, so that whatever else the machine
does meets all of them; the figure is the median over the rounds. "by hand" is the very same system
calls as lockbridge's, written out with `os` and `fcntl` in one function, with no checks, no errors
and no waiting: what Python itself costs. Its peers are `lockfile`, `filelock` and `fasteners`; one
that is missing is left out, out loud.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import importlib
import json
import os
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import time
from typing import Any, Callable, Optional

import lockbridge

ROUNDS = 25
CYCLES = 400

WHOLE = struct.pack("@hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
RECORD = b"1\n" + b'{"lockbridge":1,' + b"x" * 250 + b"}\n"
libc = ctypes.CDLL(None, use_errno=True)
statfs = ctypes.create_string_buffer(256)

Prepare = Callable[[str], Optional[Callable[[], None]]]


def by_hand(directory: str) -> Callable[[], None]:
    """Every system call of an uncontended lockbridge cycle, in its order."""
    path = os.path.join(directory, "hand.lock")

    def cycle() -> None:
        fd = os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o644)
        st = os.fstat(fd)
        os.pwrite(fd, RECORD, 0)
        os.setxattr(fd, "user.lockbridge", b"hand.lock")
        now = time.time_ns()
        os.utime(fd, ns=(now, now + 120_000_000_000))
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        libc.fstatfs(fd, statfs)
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, WHOLE)
        os.link(f"/proc/self/fd/{fd}", path, src_dir_fd=fd, follow_symlinks=True)
        parent = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(parent, fcntl.LOCK_SH | fcntl.LOCK_NB)
        named = os.stat("hand.lock", dir_fd=parent, follow_symlinks=False)
        if named.st_ino == st.st_ino:
            fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            os.unlink("hand.lock", dir_fd=parent)
            fcntl.fcntl(fd, fcntl.F_GETLEASE)
        os.close(fd)
        os.close(parent)

    return cycle


def ours(directory: str) -> Callable[[], None]:
    path = os.path.join(directory, "ours.lock")

    def cycle() -> None:
        with lockbridge.Lock(path, reason="bench"):
            pass

    return cycle


def one_object(directory: str) -> Callable[[], None]:
    lock = lockbridge.Lock(os.path.join(directory, "one.lock"), reason="bench")

    def cycle() -> None:
        lock.acquire()
        lock.release()

    return cycle


def drop_in(directory: str) -> Callable[[], None]:
    from lockbridge.lockfile import LockFile  # noqa: PLC0415

    lock = LockFile(os.path.join(directory, "dropin"))

    def cycle() -> None:
        lock.acquire()
        lock.release()

    return cycle


def peer(module: str, make: Callable[[Any, str], Any]) -> Prepare:
    def prepare(directory: str) -> Optional[Callable[[], None]]:
        try:
            found = importlib.import_module(module)
        except ImportError:
            return None
        lock = make(found, os.path.join(directory, module))

        def cycle() -> None:
            lock.acquire()
            lock.release()

        return cycle

    return prepare


CANDIDATES: dict[str, Prepare] = {
    "by hand (the same calls)": by_hand,
    "lockbridge.Lock, one object": one_object,
    "with lockbridge.Lock(path)": ours,
    "lockbridge.lockfile.LockFile": drop_in,
    "lockfile.LockFile": peer("lockfile", lambda m, p: m.LockFile(p)),
    "filelock.FileLock": peer("filelock", lambda m, p: m.FileLock(p + ".lock")),
    "fasteners.InterProcessLock": peer("fasteners", lambda m, p: m.InterProcessLock(p + ".lock")),
}


def measure(directory: str, say: Callable[[str], None]) -> dict[str, float]:
    """Microseconds a cycle, the median over the rounds."""
    cycles: dict[str, Callable[[], None]] = {}
    for name, prepare in CANDIDATES.items():
        cycle = prepare(directory)
        if cycle is None:
            say(f"{name}: not installed, left out")
        else:
            cycles[name] = cycle
    figures: dict[str, list[float]] = {name: [] for name in cycles}
    for at in range(ROUNDS):
        say(f"round {at + 1} of {ROUNDS}")
        for name, cycle in cycles.items():
            start = time.perf_counter()
            for _ in range(CYCLES):
                cycle()
            figures[name].append((time.perf_counter() - start) / CYCLES * 1e6)
    return {name: statistics.median(seen) for name, seen in figures.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description="acquire + release, side by side")
    parser.add_argument("directory", nargs="?", default="/dev/shm", help="where to lock")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    directory = tempfile.mkdtemp(dir=args.directory)

    def say(text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif "left out" in text:
            print(text, file=sys.stderr)

    try:
        medians = measure(directory, say)
    finally:
        shutil.rmtree(directory)
    say("")
    base = medians["by hand (the same calls)"]
    if args.json:
        print(json.dumps({"directory": args.directory, "microseconds": medians}))
        return 0
    print(f"in {args.directory}, {ROUNDS} rounds of {CYCLES} cycles, medians")
    for name, figure in medians.items():
        print(f"  {name:32} {figure:8.1f} us   {figure / base:5.2f} x by hand")
    return 0


if __name__ == "__main__":
    sys.exit(main())
