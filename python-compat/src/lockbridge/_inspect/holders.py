"""Who holds, who waits, who only has the file open.

From the lock lines of every descriptor (fdinfo), which name all processes that share an open file
description, and from /proc/locks, which alone knows the waiters and which may be the only one to
answer where descriptors are hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from .. import _system
from .types import Holder, ProcessInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .locks import LockLine
    from .process import Processes
    from .procfs import Opener

_SOURCES = {"FLOCK": "flock", "POSIX": "posix", "OFDLCK": "ofd"}


def _holder(info: ProcessInfo, line: LockLine, **what: Any) -> Holder:
    whole = (line.start, line.end) == ("0", "EOF")
    return Holder(
        **vars(info),
        source=_SOURCES.get(line.kind, "flock"),
        mode="exclusive" if line.write else "shared",
        range=None if whole else f"{line.start}-{line.end}",
        **what,
    )


def _took(opener: Opener) -> bool:
    return bool(opener.locks) and opener.locks[0].pid == opener.pid


def _same_lock(one: LockLine, other: LockLine) -> bool:
    return one._replace(pid=0, waiting=False) == other._replace(pid=0, waiting=False)


def _are_one(one: Opener, other: Opener, line: LockLine) -> bool:
    # Where kcmp(2) cannot tell (one is just exiting, belongs to somebody else, or the kernel has
    # none), an exclusive lock tells: there is one such lock on a file, so whoever shows it shares
    # its description.
    told = _system.same_description(one.pid, one.fd, other.pid, other.fd)
    return line.write if told is None else told


def _shares_with(
    opener: Opener, line: LockLine, first: Sequence[tuple[Opener, LockLine]]
) -> Optional[int]:
    """Whose open file description it is that carries this lock."""
    if line.kind == "POSIX":  # a record lock belongs to the process, whatever it shares
        return None
    for other, lock in first:
        if _same_lock(lock, line) and other.pid != opener.pid and _are_one(opener, other, line):
            return other.pid
    return None


def _by_descriptor(openers: Sequence[Opener], processes: Processes) -> list[Holder]:
    holders: list[Holder] = []
    first: list[tuple[Opener, LockLine]] = []
    shown: set[tuple[int, str, str]] = set()
    # The process whose number the lock bears comes first: it took it, the others inherited it.
    for opener in sorted(openers, key=lambda one: not _took(one)):
        for line in opener.locks:
            key = (opener.pid, line.kind, line.start)
            if key in shown:
                continue
            shown.add(key)
            shared = _shares_with(opener, line, first)
            if shared is None:
                first.append((opener, line))
            info = processes.info(opener.pid)
            holders.append(_holder(info, line, role="holds", shared_with=shared, alive=True))
    return holders


def holders_of(
    locks: Sequence[LockLine], openers: Sequence[Opener], processes: Processes
) -> tuple[Holder, ...]:
    """Everybody that /proc shows with the file, in the order: holders, waiters, mere openers."""
    holders = _by_descriptor(openers, processes)
    known = {one.pid for one in holders}
    waiting: list[Holder] = []
    for line in locks:
        if line.pid <= 0:  # -1: an OFD lock has no pid; 0: outside this pid namespace
            continue
        if not line.waiting:
            # A lock whose taker exited is held by those that inherited it: they are listed already.
            source = _SOURCES.get(line.kind)
            if line.pid in known or any(one.source == source for one in holders):
                continue
        known.add(line.pid)
        info = processes.info(line.pid)
        role, to = ("waits", waiting) if line.waiting else ("holds", holders)
        # One who took a flock may have exited and left it behind.
        to.append(_holder(info, line, role=role, alive=info.command is not None))
    mere = dict.fromkeys(one.pid for one in openers if one.pid not in known)
    open_only = (
        Holder(**vars(processes.info(pid)), role="open", source="descriptor", alive=True)
        for pid in mere
    )
    return (*holders, *waiting, *open_only)
