"""/proc/locks, and the "lock:" lines of /proc/PID/fdinfo/N, which have the same form.

A hit proves; a miss proves nothing: /proc/locks is no snapshot and hides flock and POSIX holders of
other pid namespaces (proc(5)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional

from .proc import read_proc

if TYPE_CHECKING:
    from .._system import Stat


class LockLine(NamedTuple):
    """One line. ``start`` and ``end``: the byte range, "0" and "EOF" for the whole file."""

    #: ``FLOCK``, ``POSIX`` or ``OFDLCK``.
    kind: str
    write: bool
    #: "->": blocked behind a holder.
    waiting: bool
    #: -1: an OFD lock; 0: outside this pid namespace; of a flock: may have exited.
    pid: int
    start: str
    end: str


def inode_key(st: Stat) -> str:
    """``maj:min:ino`` as /proc/locks prints it."""
    return f"{st.major:02x}:{st.minor:02x}:{st.ino}"


def parse_line(line: str) -> Optional[tuple[str, LockLine]]:
    """The inode key and the lock of one line; None for a lease, which is no advisory lock.

    "1: FLOCK  ADVISORY  WRITE 5563 fe:00:2188353 0 EOF"; a waiter is "1: -> FLOCK …", and each is
    indented below the one that it waits for: exclusive waiters form a chain.
    """
    words = line.partition(":")[2].split()
    waiting = words[:1] == ["->"]
    if waiting:
        del words[0]
    if len(words) < 7 or words[0] in ("LEASE", "DELEG"):
        return None
    kind, _, mode, pid, key, start, end = words[:7]
    try:
        return key, LockLine(kind, mode == "WRITE", waiting, int(pid), start, end)
    except ValueError:
        return None


def kernel_locks(st: Stat) -> list[LockLine]:
    """The locks on one inode, holders before their waiters, in the kernel's order."""
    want = inode_key(st)
    lines = (parse_line(line) for line in read_proc("/proc/locks").splitlines() if want in line)
    return [found[1] for found in lines if found is not None and found[0] == want]


class LockTable:
    """/proc/locks read once for many inodes, when the first one asks.

    Reading it makes the kernel wait for a grace period, some 20 ms.
    """

    def __init__(self) -> None:
        self._lines: Optional[dict[str, list[LockLine]]] = None

    def of(self, st: Stat) -> list[LockLine]:
        """As ``kernel_locks``."""
        if self._lines is None:
            self._lines = {}
            for line in read_proc("/proc/locks").splitlines():
                found = parse_line(line)
                if found is not None:
                    self._lines.setdefault(found[0], []).append(found[1])
        return self._lines.get(inode_key(st), [])
