"""The one lock behind every class of the old library: a ``lockbridge.Lock`` on the lock file.

Guarantee: what one of these classes holds, every locker sees, whichever protocol it speaks; and
what any locker holds, they respect. Not protected: two threads that share one object, or that use
objects with ``threaded=False``, are one owner and not kept apart (as in the old library).
"""

from __future__ import annotations

from typing import Optional

import lockbridge

from .._inspect.inspect import inspect
from ._base import LockBase
from ._errors import (
    AlreadyLocked,
    LockFailed,
    LockTimeout,
    NotLocked,
    NotMyLock,
    UnlockError,
)
from ._held import Holding, drop_lost, holding_on, keep, let_go

__all__ = ["OneLock"]


class OneLock(LockBase):
    """A lock that all protocols see, with the methods of the old library."""

    @property
    def _target(self) -> str:
        return self.lock_file

    def _mine(self) -> Optional[Holding]:
        holding = holding_on(self._target)
        return holding if holding is not None and holding.owner == self._owner else None

    def acquire(self, timeout: Optional[float] = None) -> None:
        """Takes the lock; at once if its owner has it already (one ``release`` then frees it).

        ``timeout``: seconds to wait, then ``LockTimeout``; 0 or less: one try, then
        ``AlreadyLocked``; None: the constructor's, and if that is None too, for ever.
        ``LockFailed`` if no lock can be had at this path at all.
        """
        if self.i_am_locking():
            return
        try:
            self._take(self.timeout if timeout is None else timeout)
        except (AlreadyLocked, LockTimeout):
            if not self.i_am_locking():  # else another thread of the same owner took it meanwhile
                raise

    def _take(self, timeout: Optional[float]) -> None:
        if timeout is not None:  # any number, as in the old library: True, NaN, numpy's
            timeout = float(timeout) if timeout > 0 else 0.0
        try:
            lock = lockbridge.Lock(self._target, timeout=timeout)
            lock.acquire()
        except lockbridge.LockHeld as error:
            raise AlreadyLocked(str(error)) from error
        except lockbridge.LockTimeout as error:
            raise LockTimeout(str(error)) from error
        except lockbridge.LockError as error:
            raise LockFailed(str(error)) from error
        keep(self._target, Holding(lock, self._owner))

    def release(self) -> None:
        """Lets the lock go. ``NotLocked``, ``NotMyLock`` if its owner does not hold it (any more).

        Never touches the file of somebody who took the lock away.
        """
        mine = self._mine()
        if mine is not None and let_go(self._target, mine):
            return
        if self.is_locked():
            raise NotMyLock(f"{self._target} is locked by somebody else")
        raise NotLocked(f"{self._target} is not locked")

    def is_locked(self) -> bool:
        """Whether anybody holds the lock: by a kernel lock, or by a file that may be a lock.

        A file that a dead lockbridge left is no lock. What cannot be known counts as held; where
        the directory does not exist there is no lock. Never raises.
        """
        mine = holding_on(self._target)
        if mine is not None and mine.live:
            return True
        try:
            seen = inspect(self._target, search=False)
            if seen.by == "undecidable":  # a mere reader has it open, perhaps: a search tells
                seen = inspect(self._target)
        except lockbridge.LockError as error:
            return error.code != "ERR_LOCK_PATH"
        return seen.verdict == "held"

    def i_am_locking(self) -> bool:
        """Whether the owner of this object holds the lock now, in this process."""
        mine = self._mine()
        return mine is not None and mine.live

    def break_lock(self) -> None:
        """Takes the lock that is there now away from its holder, whoever that is; never the next.

        The former holder's ``release`` raises. ``NotMyLock`` if a live supervisor holds it: ask
        that one. ``UnlockError`` if it cannot be done, for want of permission for example.
        """
        try:
            seen = inspect(self._target, search=False)
            if seen.verdict != "free":
                lockbridge.break_lock(self._target, force=True, id=seen.id)
        except lockbridge.LockHeld as error:
            raise NotMyLock(str(error)) from error
        except lockbridge.LockError as error:
            # Changed: the lock that was to be broken is gone. No path: there never was one.
            if error.code not in ("ERR_LOCK_CHANGED", "ERR_LOCK_PATH"):
                raise UnlockError(str(error)) from error
        drop_lost(self._target)
