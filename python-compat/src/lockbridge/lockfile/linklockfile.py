"""``LinkLockFile``: the name that the old library gave to its locks by hard links."""

from __future__ import annotations

from ._base import LockBase
from ._errors import AlreadyLocked, LockFailed, LockTimeout, NotLocked, NotMyLock
from ._one import OneLock

__all__ = [
    "AlreadyLocked",
    "LinkLockFile",
    "LockBase",
    "LockFailed",
    "LockTimeout",
    "NotLocked",
    "NotMyLock",
]


class LinkLockFile(OneLock):
    """A lock for ``path`` in the file ``path.lock``; no second file beside it."""
