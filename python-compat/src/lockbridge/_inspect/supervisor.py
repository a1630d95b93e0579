"""Is it a live supervisor's lock? No override touches one: it protects an update half done.

What is claimed: the Helios tag, or the role in a lockbridge record. Both are bytes that anybody can
write, so they count only with a kernel lock on the file (whoever wrote them and died holds
nothing), and not from an app: otherwise an app could make its lock proof against every override. An
app is told by its mounts. Its supervisor gives it the lock directory itself, as /tmp/balena; a
supervisor has a directory above it mounted, or sees it through the root, in a container too.

Not told: an app that was given no mount of its own (a child process without a mount namespace), and
a holder that cannot be seen from here. Both pass for a supervisor: to wait is the lesser harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lockfile import split
from .mounts import Place, mounts_of, place_of

if TYPE_CHECKING:
    from .types import Inspection


def held_by_supervisor(inspection: Inspection) -> bool:
    """Whether what is at the path is the lock of a supervisor that lives; wants ``inspect()``'s."""
    if inspection.by != "kernel":
        return False
    record = inspection.record
    claimed = record is not None and record.role == "supervisor"
    if inspection.protocol != "helios" and not claimed:
        return False
    place = place_of(split(inspection.path)[0])
    holding = (one.pid for one in inspection.holders if one.role == "holds")
    return place is None or not any(_is_given(pid, place) for pid in holding)


def _is_given(pid: int, place: Place) -> bool:
    """Whether a process has exactly this place mounted, as a service has its lock directory."""
    return any(Place(one.device, one.root) == place for one in mounts_of(pid))
