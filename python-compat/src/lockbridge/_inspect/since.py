"""Since when a lock is held.

The kernel keeps no time for a lock, so for a kernel lock of a stranger there is only a bound: not
before its file was made and its holder's process started.
"""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Optional

from .types import Since

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._record import LockRecord
    from .._system import Stat
    from .types import Holder

_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_RFC3339 = re.compile(
    rf"(\d{{4}})-(\d\d)-(\d\d)T{_CLOCK}:([0-5]\d)(?:\.(\d+))?(?:Z|([+-]){_CLOCK})\Z", re.ASCII
)


def iso(milliseconds: float) -> str:
    """RFC 3339 to the millisecond, in UTC, of a time in milliseconds since the epoch."""
    seconds, rest = divmod(int(milliseconds), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(seconds)) + f"{rest:03d}Z"


def milliseconds(nanoseconds: int) -> float:
    """A time of statx(2) as the JSON has it: a fraction only where there is one."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    value = seconds * 1000.0 + rest / 1e6
    return int(value) if value.is_integer() else value


def _recorded(since: str) -> Optional[str]:
    """What a record claims, in our own format; None if it is no date."""
    found = _RFC3339.match(since)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[at]) for at in range(1, 7))
    if not 1 <= day <= 31:
        return None
    fraction = int((found[7] or "")[:3].ljust(3, "0"))
    offset = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0))
    try:
        # Days that a month has not run on into the next, as on the TypeScript side.
        at = datetime(year, month, 1, tzinfo=timezone.utc) + timedelta(
            days=day - 1, hours=hour, minutes=minute, seconds=second, milliseconds=fraction
        )
        at = at + offset if found[8] == "-" else at - offset
    except (ValueError, OverflowError):
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def since_of(
    st: Stat, record: Optional[LockRecord], by: Optional[str], holders: Iterable[Holder]
) -> Since:
    """Since when what was seen stands there."""
    claimed = None if record is None else _recorded(record.since)
    if claimed is not None:
        return Since(claimed, "record")
    born = milliseconds(st.birth or 0)
    made = Since(iso(born), "birth") if born > 0 else Since(iso(milliseconds(st.ctime)), "change")
    if by != "kernel":
        return made
    started = next((one.started for one in holders if one.role == "holds"), None)
    if started is None or started <= made.at:
        return made
    return Since(started, "process")
