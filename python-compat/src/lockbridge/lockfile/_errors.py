"""The exceptions of the old library, in its tree.

Where lockbridge said why, its ``LockError`` (with path, errno and who stands in the way) is the
``__cause__``, and its sentence is the message.
"""

from __future__ import annotations

__all__ = [
    "AlreadyLocked",
    "Error",
    "LockError",
    "LockFailed",
    "LockTimeout",
    "NotLocked",
    "NotMyLock",
    "UnlockError",
]


class Error(Exception):
    """The root of all errors of this package."""


class LockError(Error):
    """The lock was not taken."""


class LockTimeout(LockError):
    """Somebody else still held the lock when the time ran out."""


class AlreadyLocked(LockError):
    """Somebody else holds the lock, and nobody was to wait."""


class LockFailed(LockError):
    """The lock cannot be taken here at all: no directory, no permission, no space."""


class UnlockError(Error):
    """The lock was not released or broken."""


class NotLocked(UnlockError):
    """There was nothing to release."""


class NotMyLock(UnlockError):
    """Somebody else holds the lock."""
