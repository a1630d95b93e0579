"""Waiting until nobody holds a path, without taking it: for who only wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from ._acquire import gave_up
from ._blocked import Announcer
from ._inspect.inspect import inspect
from ._options import StrPath, check_callable, check_empty, check_path, check_timeout
from ._wait import PathWait, Stop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._blocked import OnBlocked
    from ._inspect.types import Inspection


def wait_until_free(
    paths: Iterable[StrPath],
    *,
    timeout: Optional[float] = None,
    empty: Optional[str] = None,
    on_blocked: OnBlocked = None,
) -> list[Inspection]:
    """What is at each path once none is held at its turn; ``timeout`` in seconds for all together.

    The paths are waited for one after the other; nothing keeps them free afterwards. Errors as
    ``Lock.acquire``, but a timeout of 0 is a LockTimeout too.
    """
    names = [check_path(path) for path in paths]
    check_empty(empty)
    check_callable("on_blocked", on_blocked)
    stop = Stop(check_timeout(timeout))
    return [_one(name, stop, empty, on_blocked) for name in names]


def _one(path: str, stop: Stop, empty: Optional[str], on_blocked: OnBlocked) -> Inspection:
    first = inspect(path, empty=empty)
    if first.verdict != "held":
        return first
    announcer = Announcer(on_blocked)
    wait = PathWait(path, stop)
    try:
        while True:
            seen = inspect(path, empty=empty)
            if seen.verdict != "held":
                return seen
            announcer.announce(seen)
            if stop.stopped:
                raise gave_up(stop, [seen], empty)
            wait.change(seen, None)
    finally:
        wait.close()
