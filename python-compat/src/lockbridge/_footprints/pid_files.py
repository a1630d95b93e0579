"""Files with a pid and little else: columns, a space, a mode or a newline tell them apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Optional

from .shape import HOST, basename, bits, match_whole, pid_of
from .types import Footprint

if TYPE_CHECKING:
    from .types import Traces

_UUCP = re.compile(r"(?=.{10}\n\Z) {3,9}([0-9]+)\n\Z")
_UUCP_NAMES = re.compile(r"LCK\.\.|\.X[0-9]+-lock\Z")
_ZC_LOCKFILE = re.compile(rf" ([0-9]+)(?: ({HOST}))?\n\Z")
_PID_LINE = re.compile(r"([0-9]+)\n\Z")
_PID = re.compile(r"([0-9]+)(\n?)\Z")

_WITH_NEWLINE = "dotlockfile -p, lockfile-create -p or PIDLockFile of Python"
_WITHOUT = "dotlock.mailutils -p or PidFileLock of portalocker"


def uucp(traces: Traces) -> Optional[Footprint]:
    """HDB UUCP: ten columns and a newline, as /var/lock/LCK..x and X's .X0-lock have (FHS)."""
    match = match_whole(traces, _UUCP)
    pid = None if match is None else pid_of(match[1])
    if pid is None:
        return None
    named = _UUCP_NAMES.match(basename(traces.path))
    return Footprint(
        "uucp",
        "sure" if named else "likely",
        f"a pid in ten columns is the HDB UUCP format of serial lines and X servers: pid {pid}",
        pid=pid,
        pid_decides=True,
    )


def zc_lockfile(traces: Traces) -> Optional[Footprint]:
    """zc.lockfile: a pid and perhaps a host, written under the flock that is the lock."""
    match = match_whole(traces, _ZC_LOCKFILE)
    pid = None if match is None else pid_of(match[1])
    if match is None or pid is None:
        return None
    return Footprint(
        "zc.lockfile",
        "likely",
        f"a space and pid {pid} is what zc.lockfile writes under a flock and leaves behind",
        pid=pid,
        host=match[2],
        pid_decides=True,
        leftover=True,
    )


def nightlyone(traces: Traces) -> Optional[Footprint]:
    """nightlyone/lockfile of Go: links a temporary file of mode 0600, as os.CreateTemp makes it."""
    match = match_whole(traces, _PID_LINE)
    pid = None if match is None else pid_of(match[1])
    if pid is None or bits(traces) != 0o600:
        return None
    text = (
        f"pid {pid} in mode 0600, as nightlyone/lockfile of Go makes it, "
        "or any pid file under umask 077"
    )
    return Footprint("nightlyone", "guess", text, pid=pid, pid_decides=True)


def pid_file(traces: Traces) -> Optional[Footprint]:
    """The most common shape of all, so it names a process and no program."""
    match = match_whole(traces, _PID)
    pid = None if match is None else pid_of(match[1])
    if match is None or pid is None:
        return None
    newline = match[2] == "\n"
    return Footprint(
        "pid file",
        "likely" if newline else "guess",
        f"it names pid {pid}, as {_WITH_NEWLINE if newline else _WITHOUT} does, and any daemon",
        pid=pid,
        pid_decides=True,
    )
