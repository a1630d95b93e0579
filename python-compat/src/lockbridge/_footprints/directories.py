"""Directories as locks: mkdir(1), the oldest lock of shell scripts, and npm's proper-lockfile."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Optional

from .types import Footprint

if TYPE_CHECKING:
    from .types import Traces

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# The end of the year 9999: nobody's beat is later, and later dates have no common spelling.
_LAST_BEAT = 253_402_300_799_999


def _beat(mtime: float) -> Optional[int]:
    """``mtime`` as proper-lockfile sets it, at once and then every five seconds, from a Date.

    Whole milliseconds, give or take the microsecond that a double of seconds loses. The kernel's
    own times are not whole.
    """
    nearest = math.floor(mtime + 0.5)
    return nearest if abs(mtime - nearest) < 0.0015 and 0 <= nearest <= _LAST_BEAT else None


def npm_proper(traces: Traces) -> Optional[Footprint]:
    """proper-lockfile: mkdir(2), kept young by a timer in the holder."""
    # A directory that nobody touched since mkdir(2) has the time of its birth.
    if traces.type != "directory" or traces.mtime == traces.birth:
        return None
    beat = _beat(traces.mtime)
    if beat is None or traces.entries():
        return None
    at = (_EPOCH + timedelta(milliseconds=beat)).isoformat(timespec="milliseconds")
    return Footprint(
        "npm-proper",
        "guess" if traces.birth == 0 else "likely",
        "an empty directory whose mtime was set after its birth is proper-lockfile's beat: "
        + at.replace("+00:00", "Z"),
        beat=beat,
    )


def mkdir(traces: Traces) -> Optional[Footprint]:
    """mkdir(1) and all that do the same."""
    if traces.type != "directory":
        return None
    text = "a directory at a lock path is what mkdir(1) and its likes make"
    return Footprint("mkdir", "guess", text)
