"""What is said about a lock that is in the way: to the caller's on_blocked, and in errors."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Optional

from ._inspect.actions import process_name, way_out
from ._inspect.inspect import inspect_all
from .errors import LockError, LockHeld, LockTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._inspect.types import Holder, Inspection
    from ._record import LockRecord

    OnBlocked = Optional[Callable[[Inspection], object]]


def _holders_text(holders: Sequence[Holder]) -> str:
    """Those who hold by a lock of their own, and how many share one of theirs."""
    holding = [one for one in holders if one.role == "holds"]
    shown = holding or [one for one in holders if one.role == "named"]
    names = {one.pid: process_name(one) for one in shown if one.shared_with is None}
    sharing = len({one.pid for one in shown}) - len(names)
    more = f" and {sharing} that share it" if sharing > 0 else ""
    return ", ".join(names.values()) + more


def _record_text(record: LockRecord) -> str:
    why = "" if record.reason == "" else f": {record.reason}"
    who = record.host if record.owner is None else record.owner
    return f"{who} pid {record.pid} ({record.cmd}) since {record.since}{why}"


def describe(blocker: Inspection) -> str:
    """Who is in the way and how that is known, in one line."""
    how = blocker.verdict if blocker.by is None else f"{blocker.verdict}, {blocker.by}"
    record = blocker.record
    people = _holders_text(blocker.holders) if record is None else _record_text(record)
    last = blocker.evidence[-1].text if blocker.evidence else "unknown"
    kind = blocker.protocol or blocker.object or "unknown"
    return f"'{blocker.path}' is {how} [{kind}]: {people or last}"


def in_full(blockers: Sequence[Inspection], empty: Optional[str]) -> list[Inspection]:
    """The same blockers with all that can be said of them now.

    By the time that somebody reads an error, whoever was in the way may be gone. One search through
    /proc for all.
    """
    now = inspect_all([one.path for one in blockers], empty=empty)
    return [_same_or(blocker, seen) for blocker, seen in zip(blockers, now)]


def _same_or(blocker: Inspection, seen: object) -> Inspection:
    # An error (out of descriptors, say) is not what the caller asked for.
    if isinstance(seen, LockError):
        return blocker
    same = getattr(seen, "verdict", None) == "held" and getattr(seen, "id", None) == blocker.id
    return seen if same else blocker  # type: ignore[return-value] # not an error: an Inspection


_WHAT = {
    "ERR_LOCK_HELD": (LockHeld, "locked"),
    "ERR_LOCK_TIMEOUT": (LockTimeout, "timed out waiting"),
    "ERR_LOCK_ABORTED": (LockError, "wait aborted"),
}


def contention(code: str, blockers: Sequence[Inspection]) -> LockError:
    """The error for these blockers: nobody was to wait, the time ran out, or it was called off."""
    kind, what = _WHAT[code]
    text = "; ".join(describe(one) for one in blockers)
    path = blockers[0].path if blockers else None
    return kind(code, f"{what}: {text}", path=path, blockers=blockers)


class Announcer:
    """Reports each new state of affairs once."""

    def __init__(self, on_blocked: OnBlocked) -> None:
        self._on_blocked = on_blocked
        self._last: Optional[tuple[object, ...]] = None
        self._kernel_seen = False

    def announce(self, blocker: Inspection) -> None:
        pids = tuple(one.pid for one in blocker.holders)
        key = (blocker.verdict, blocker.by, blocker.id, pids)
        if key == self._last:
            return
        self._last = key
        if self._on_blocked is not None:
            self._on_blocked(blocker)
        if blocker.by == "kernel":
            self._kernel_seen = True
        # The kernel lock is gone and the file stays: without a word this would look like a hang.
        if blocker.by == "undecidable" and self._kernel_seen and self._on_blocked is None:
            warnings.warn(
                f"the flock on '{blocker.path}' is gone, the file stays: {way_out(blocker)}",
                RuntimeWarning,
                stacklevel=2,
            )
