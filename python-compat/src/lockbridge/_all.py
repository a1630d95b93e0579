"""Many locks as one: all of them or none.

Paths are taken in sorted order, so two takers of the same locks cannot each wait for the other.
Nothing is held while waiting, and a failure names everybody in the way.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Optional, Union

from ._acquire import gave_up
from ._blocked import Announcer, contention
from ._inspect.glance import glance
from ._inspect.inspect import inspect
from ._lock import Lock
from ._options import StrPath, check_path, check_timeout
from ._wait import PathWait, Stop
from .errors import LockError, LockHeld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from ._blocked import OnBlocked
    from ._inspect.types import Inspection


def acquire_all(
    paths: Iterable[StrPath],
    *,
    timeout: Optional[float] = None,
    reason: Optional[str] = None,
    empty: Optional[str] = None,
    on_blocked: OnBlocked = None,
    waiting: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> list[Lock]:
    """Takes the lock of every path or none; a path given twice is taken once.

    ``timeout`` is in seconds, None for ever. LockHeld (a timeout of 0) or LockTimeout, with every
    blocker. ``waiting`` makes a context for the times in which nothing is held.
    """
    names = sorted({check_path(path) for path in paths})
    limit = check_timeout(timeout)
    stop = Stop(limit)
    announcers = {name: Announcer(on_blocked) for name in names}
    while True:
        held, blockers = _together(names, reason, empty)
        if not blockers:
            return held
        if limit == 0:
            raise contention("ERR_LOCK_HELD", blockers)
        with waiting():
            for blocker in blockers:
                announcers[blocker.path].announce(blocker)
            _wait_for_change(blockers[0], stop, empty)
        if stop.stopped:
            raise gave_up(stop, blockers, empty)


def release_all(locks: Sequence[Lock]) -> None:
    """Releases every one, whatever becomes of the others; then raises the first error."""
    errors = []
    for lock in locks:
        try:
            lock.release()
        except LockError as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _together(
    names: Sequence[str], reason: Optional[str], empty: Optional[str]
) -> tuple[list[Lock], list[Inspection]]:
    """One try: all locks, or everybody in the way."""
    held: list[Lock] = []
    blockers: list[Inspection] = []
    complete = False
    try:
        for name in names:
            # Behind the first that is held only look: what is taken would be given back at once.
            got = _look(name, empty) if blockers else _take(name, reason, empty)
            if isinstance(got, Lock):
                held.append(got)
            elif got is not None:
                blockers.append(got)
        complete = not blockers
    finally:
        if not complete:
            release_all(held)
    return held, blockers


def _take(name: str, reason: Optional[str], empty: Optional[str]) -> Union[Lock, Inspection]:
    lock = Lock(name, timeout=0, reason=reason, empty=empty)
    try:
        lock.acquire()
    except LockHeld as error:
        return error.blockers[0]
    return lock


def _look(name: str, empty: Optional[str]) -> Optional[Inspection]:
    seen = glance(name, empty)
    return seen if seen.verdict == "held" else None


def _wait_for_change(blocker: Inspection, stop: Stop, empty: Optional[str]) -> None:
    wait = PathWait(blocker.path, stop)
    try:
        now = inspect(blocker.path, empty=empty)  # it may have gone before the watch began
        # Nobody's, but not ours to write: it was refused as it is, and trying at once would spin.
        same = now.verdict == blocker.verdict and now.id == blocker.id
        if now.verdict == "held" or same:
            wait.change(now, None)
    finally:
        wait.close()
