"""The names by which the Python package ``lockfile`` tells its holders, read backwards.

LinkLockFile and SymlinkLockFile: HOST, ``-`` and the thread in hexadecimal, ``.``, pid, and the
hash of the path, a signed number. Nothing stands between pid and hash, so the pid is certain only
before a negative hash; else it is one of the few prefixes that leave a hash of likely length.
MkdirLockFile: HOST, ``.-``, thread, pid (again nothing between), or HOST, ``.``, pid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from .shape import HOST, pid_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNIQUE = re.compile(rf"({HOST}?)(?:-([0-9a-f]{{4,8}}))?\.([0-9]{{1,26}})(-[0-9]{{7,19}})?\Z")
_INNER = re.compile(rf"({HOST}?)\.(?:-([0-9a-f]{{5,15}})|([0-9]{{1,7}}))\Z")

_HASH_MAX = 2**63
# 89 of 100 hashes of 64 bits have 19 digits, 1 of 10,000 has fewer than 16 (a uniform hash).
_LENGTHS_64 = (19, 18, 17, 16)
_LENGTHS_32 = (10, 9, 8, 7)


@dataclass(frozen=True)
class Named:
    """Who holds, by such a name. ``pids`` where the digits allow several."""

    host: str
    thread: Optional[str] = None
    pid: Optional[int] = None
    pids: Sequence[int] = ()

    def __str__(self) -> str:
        number = " or ".join(map(str, self.pids if self.pid is None else [self.pid]))
        thread = "" if self.thread is None else f", thread {self.thread}"
        return f"pid {number}{thread} on '{self.host}'"


def _prefixes(digits: str, hash_lengths: Sequence[int]) -> list[int]:
    found = []
    for length in hash_lengths:
        pid = pid_of(digits[: max(0, len(digits) - length)])
        rest = digits[-length:]
        if pid is not None and not rest.startswith("0") and int(rest) < _HASH_MAX:
            found.append(pid)
    return found


def parse_unique(name: str) -> Optional[Named]:
    """The unique name of a LinkLockFile or SymlinkLockFile."""
    match = _UNIQUE.match(name)
    if match is None:
        return None
    host, thread, digits, negative = match.groups()
    # Without a thread only the length of the hash tells the name from `backup.20261124`.
    if negative is not None:
        pid = pid_of(digits)
        if pid is None or (thread is None and len(negative) < 17):
            return None
        return Named(host, thread, pid)
    pids = _prefixes(digits, _LENGTHS_64)
    if not pids and thread is not None:
        pids = _prefixes(digits, _LENGTHS_32)
    return Named(host, thread, pids=pids) if pids else None


def parse_inner(name: str) -> Optional[Named]:
    """The name of the file inside a MkdirLockFile."""
    match = _INNER.match(name)
    if match is None:
        return None
    host, joined, digits = match.groups()
    if joined is None:
        pid = pid_of(digits)
        return None if pid is None else Named(host, pid=pid)
    # The thread is 32 bits of a pointer: eight digits, or fewer if they begin with zeros.
    split = [(pid_of(joined[at:]), joined[:at]) for at in (8, 7, 6, 5, 4)]
    found = [(pid, thread) for pid, thread in split if pid is not None]
    if not found:
        return None
    if len(found) == 1:
        pid, thread = found[0]
        return Named(host, thread, pid)
    return Named(host, pids=[pid for pid, _ in found])
