"""The process that a footprint names: as a holder to show, and as proof of death where it can be.

It proves death only by a protocol that itself goes by that number, if the number was written on
this host (or no host was), is certain, is not 1, which lives in every container, and provably
nobody has it, here or in a container.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from .types import Evidence, Holder

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._footprints.types import Footprint


@dataclass(frozen=True)
class Named:
    """Whom a footprint names. ``dead``: the holder is provably gone."""

    holders: tuple[Holder, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    dead: bool = False


def _holder(pid: int, alive: Optional[bool]) -> Holder:
    return Holder(pid, role="named", source="record", alive=alive)


def named(footprint: Footprint, alive: Callable[[int], Optional[bool]]) -> Named:
    """Whom a footprint names. ``alive`` may remember what it found, over many paths."""
    pid, host = footprint.pid, footprint.host
    numbers = footprint.pids if pid is None else (pid,)
    if not numbers:
        return Named()
    if host is not None and host != socket.gethostname():
        text = f"'{host}' is not the name of this host, so its pid cannot be looked up here"
        unknown = tuple(_holder(one, None) for one in numbers)
        return Named(unknown, (Evidence("pid-elsewhere", text),))
    holders = tuple(_holder(one, alive(one)) for one in numbers)
    gone = pid is not None and pid != 1 and holders[0].alive is False
    if pid is None:
        # Of several readings of the same digits, those that nobody has are not worth showing.
        holders = tuple(one for one in holders if one.alive is not False)
    evidence = []
    if any(one.alive is None for one in holders):
        text = "whether that process lives cannot be told from this pid namespace"
        evidence.append(Evidence("pid-unknown", text))
    if gone:
        evidence.append(_gone(numbers[0], footprint.pid_decides))
    return Named(holders, tuple(evidence), gone and footprint.pid_decides)


def _gone(pid: int, decides: bool) -> Evidence:
    text = f"no process has the number {pid}, here or in a container"
    if decides:
        return Evidence("pid-dead", text)
    return Evidence("pid-gone", f"{text}, but by this protocol a child of it may hold the lock")
