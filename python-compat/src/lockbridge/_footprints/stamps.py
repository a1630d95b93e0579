"""Stamps: lock files that name a process and a host in a form of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Optional

from .shape import HOST, bits, match_whole, pid_of, whole_text
from .types import Footprint

if TYPE_CHECKING:
    from .types import Traces

_NFSLOCK = re.compile(rf"({HOST}) ([0-9]+) [0-9]{{1,10}} [0-9]{{1,4}}\Z")
# Outside of the initial pid namespace it adds that namespace to the host: its pid is none of ours.
_SOFT_FILELOCK = re.compile(rf"([0-9]+)\n({HOST}(?:\?pidns-[0-9a-f]{{1,8}})?)\n(?:([0-9]+)\n)?\Z")
_NUMBER = re.compile(r"[0-9]+\Z")
_SIMPLE = re.compile(rf"([0-9]+)(?::({HOST}))?\n\Z")
_LOCKMAIL = re.compile(rf"([0-9]+):({HOST})\Z")


def nfslock(traces: Traces) -> Optional[Footprint]:
    """File::NFSLock of Perl: a line ``host pid time random`` for each holder; 0601: shared."""
    lines = (whole_text(traces) or "").split("\n")
    if len(lines) < 2 or lines.pop() != "":
        return None
    matches = [match for match in map(_NFSLOCK.match, lines) if match is not None]
    pids = [pid for pid in (pid_of(match[2]) for match in matches) if pid is not None]
    if len(pids) < len(lines):
        return None
    host = matches[0][1]
    certainty = "sure" if bits(traces) in (0o600, 0o601) else "likely"
    shown = ", ".join(map(str, pids))
    text = f"host, pid, time and a number are File::NFSLock's: pid {shown} on '{host}'"
    if len(pids) > 1:
        return Footprint("File::NFSLock", certainty, text, pids=pids)
    return Footprint("File::NFSLock", certainty, text, pid=pids[0], host=host, pid_decides=True)


def soft_filelock(traces: Traces) -> Optional[Footprint]:
    """SoftFileLock of filelock since 3.22: pid, host and, since 3.30, a token of boot and start."""
    match = match_whole(traces, _SOFT_FILELOCK)
    pid = None if match is None else pid_of(match[1])
    if match is None or pid is None:
        return None
    host, token = match[2], match[3]
    if token is None and _NUMBER.match(host):
        return None  # two numbers, of anybody
    lines = "pid and host" if token is None else "pid, host and start token"
    return Footprint(
        "soft-filelock",
        "likely" if token is None else "sure",
        f"lines of {lines} are those of filelock's SoftFileLock: pid {pid} on '{host}'",
        pid=pid,
        host=host,
        pid_decides=True,
    )


def lockfile_simple(traces: Traces) -> Optional[Footprint]:
    """LockFile::Simple of Perl: ``pid``, or ``pid:host`` with -nfs, in mode 0444."""
    match = match_whole(traces, _SIMPLE) if bits(traces) == 0o444 else None
    pid = None if match is None else pid_of(match[1])
    if match is None or pid is None:
        return None
    host = match[2]
    on = "" if host is None else f" on '{host}'"
    return Footprint(
        "LockFile::Simple",
        "likely",
        f"a stamp in mode 0444 is that of LockFile::Simple of Perl: pid {pid}{on}",
        pid=pid,
        host=host,
        pid_decides=True,
    )


def lockmail(traces: Traces) -> Optional[Footprint]:
    """lockmail of maildrop: links a file that says ``pid:host``, without a newline."""
    match = match_whole(traces, _LOCKMAIL)
    pid = None if match is None else pid_of(match[1])
    if match is None or pid is None:
        return None
    host = match[2]
    text = f"'pid:host' without a newline is what lockmail writes: pid {pid} on '{host}'"
    return Footprint("lockmail", "likely", text, pid=pid, host=host, pid_decides=True)
