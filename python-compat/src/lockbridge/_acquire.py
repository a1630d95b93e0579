"""Waiting until a lock is ours.

The directory is watched and the path judged again after every change, so nothing that happens
between two looks is lost. A look at a lock that is held takes 10 to 20 ms (/proc/locks), and a lock
that is let go meanwhile waits for us as long: no more of them are made than are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._attempt import attempt
from ._blocked import Announcer, contention, in_full
from ._lockfile import Held
from ._wait import PathWait, Stop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Optional

    from ._blocked import OnBlocked
    from ._inspect.types import Inspection
    from ._options import Options
    from .errors import LockError


def wait_for(
    path: str, options: Options, first: Inspection, stop: Stop, on_blocked: OnBlocked
) -> Held:
    """Takes the lock, or raises ERR_LOCK_TIMEOUT or ERR_LOCK_ABORTED; nothing stays behind.

    ``first``: who was in the way before the wait.
    """
    announcer = Announcer(on_blocked)
    wait = PathWait(path, stop)
    try:
        # What happened before the watch began is not lost.
        got = first if wait.unchanged(first) else attempt(path, options)
        while True:
            if isinstance(got, Held):
                return got
            announcer.announce(got)
            changed = wait.change(got, options)
            if isinstance(changed, Held):
                return changed
            if stop.stopped:
                raise gave_up(stop, [got], options.empty)
            got = attempt(path, options)
    finally:
        wait.close()


def gave_up(stop: Stop, blockers: Sequence[Inspection], empty: Optional[str]) -> LockError:
    """The error for a wait that was called off or whose time ran out."""
    if stop.cancelled:  # nobody waits for the details
        return contention("ERR_LOCK_ABORTED", blockers)
    return contention("ERR_LOCK_TIMEOUT", in_full(blockers, empty))
