"""The API of Python's ``lockfile`` 0.12.2, abandoned since 2017, with one lock underneath.

``from lockbridge.lockfile import LockFile`` is the whole migration: names, signatures, exceptions
and the meaning of every timeout are the old ones, ``LockFile("/tmp/balena/updates")`` still means
``updates.lock``, and a lock of the old library is respected, as is ours by it. New code does better
with ``lockbridge.Lock``.

What differs, on purpose:

- All classes make the same kind of file, so they exclude each other, and ``flock``, ``fcntl`` and
  every existence locker too. ``SQLiteLockFile`` locks for all processes; the old one for none.
- A process that ends lets its locks go; killed, it leaves a file that is provably nobody's and that
  the next ``acquire`` takes over. The old library waits for such a file for ever. What the *old*
  library left behind by being killed still counts as held: nothing proves that it is not.
- ``acquire`` waits for the event, not by looking ten times a second.
- The holder is the process that called ``acquire``. A forked child with an inherited object does
  not hold: its ``i_am_locking`` is False and its ``release`` raises ``NotMyLock``. So a daemon
  takes its lock after it has forked.
- ``is_locked`` is True whenever an ``acquire`` would not succeed: for a dangling symbolic link, and
  a file that a finished ``flock`` left, too. It is False for what a killed lockbridge left.
- ``break_lock`` replaces whatever is there, in one step, whichever class made it, but never the
  lock of a live supervisor (``NotMyLock``). Failures are ``UnlockError``, not ``OSError``.
- A missing or unwritable directory is ``LockFailed`` for every class, never an endless wait.
- The file of ``PIDLockFile`` begins with the line ``1``, not with the holder's pid: pid 1 lives in
  every container, so that nobody judges a holder in another one dead. ``read_pid`` gives the
  holder's pid, or None if that number means nothing here (another pid namespace, another boot).
  ``release`` frees only what ``acquire`` took, not a file that merely has our number in it.
"""

from __future__ import annotations

from ._base import LockBase
from ._decorator import locked
from ._deprecated import LinkFileLock, MkdirFileLock, SQLiteFileLock
from ._errors import (
    AlreadyLocked,
    Error,
    LockError,
    LockFailed,
    LockTimeout,
    NotLocked,
    NotMyLock,
    UnlockError,
)
from .linklockfile import LinkLockFile

#: The lock of most programs, under its two names.
LockFile = LinkLockFile
FileLock = LinkLockFile

__all__ = [
    "AlreadyLocked",
    "Error",
    "FileLock",
    "LinkFileLock",
    "LockBase",
    "LockError",
    "LockFailed",
    "LockFile",
    "LockTimeout",
    "MkdirFileLock",
    "NotLocked",
    "NotMyLock",
    "SQLiteFileLock",
    "UnlockError",
    "locked",
]
