"""``SQLiteLockFile``: the name that the old library gave to its locks by a database."""

from __future__ import annotations

from ._base import LockBase
from ._errors import AlreadyLocked, LockFailed, LockTimeout, NotLocked, NotMyLock
from ._one import OneLock

__all__ = [
    "AlreadyLocked",
    "LockBase",
    "LockFailed",
    "LockTimeout",
    "NotLocked",
    "NotMyLock",
    "SQLiteLockFile",
]


class SQLiteLockFile(OneLock):
    """A lock for ``path`` in the file ``path.lock``, seen by every process.

    The old one lived in a database that no other process knew, so it locked nobody out.
    ``testdb`` and its ``connection`` are gone with it.
    """
