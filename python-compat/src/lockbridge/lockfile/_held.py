"""Which locks this process holds, and for whom.

The old library asks the file system who holds a lock: a file named after host, thread and process.
A forked child reads the same name and believes that it holds. Here the kernel lock is what holds,
and this table says for which thread it was taken; a forked child starts with an empty one.

No mutex: an entry is written only by who has just taken that lock, which excludes everybody else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Optional

from .. import _release
from ..errors import LockError

if TYPE_CHECKING:
    from .. import Lock


class Holding(NamedTuple):
    """A lock that was taken, and for which owner: a thread's number, or 0 for the whole process."""

    lock: Lock
    owner: int

    @property
    def live(self) -> bool:
        """Whether the path still names the file that we hold. Looks, so it is never late."""
        if not self.lock.locked:
            return False
        try:
            named, ours = os.lstat(self.lock.path), os.fstat(self.lock.fd)
        except (OSError, LockError):  # gone, or let go by another thread since
            return False
        return os.path.samestat(named, ours)


_holdings: dict[str, Holding] = {}


def holding_on(path: str) -> Optional[Holding]:
    """What this process took on the path and has not let go. It may have been taken away since."""
    return _holdings.get(path)


def keep(path: str, holding: Holding) -> None:
    """Enters a lock just taken. What stood there had been taken away: its descriptor is closed."""
    lost = _holdings.get(path)
    _holdings[path] = holding
    if lost is not None:
        lost.lock.release()


def let_go(path: str, holding: Holding) -> bool:
    """Releases. False if somebody had taken the lock away: nothing of theirs is touched.

    Only one of two threads that let go at once does it; for the other there was nothing.
    """
    if _holdings.get(path) is not holding or _holdings.pop(path, None) is None:
        return False
    return holding.lock.release() != _release.LOST


def drop_lost(path: str) -> None:
    """Closes the descriptor of a lock that was taken away from this process."""
    holding = _holdings.get(path)
    if holding is not None and not holding.live:
        let_go(path, holding)


os.register_at_fork(after_in_child=_holdings.clear)
