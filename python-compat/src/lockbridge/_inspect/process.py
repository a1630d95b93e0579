"""Who a process is, for people: number here and inside its container, command, user, since when."""

from __future__ import annotations

import os
import re
import time
from typing import Optional

from .._record import start_time
from .._text import printable
from .container import parse_cgroup
from .liveness import pid_levels
from .proc import read_proc, read_start
from .since import iso
from .types import ProcessInfo

_TICKS = 100  # USER_HZ: what /proc counts in on every Linux, whatever the kernel's own HZ
_COMMAND_BYTES = 400
_PASSWD_BYTES = 1 << 20
_NAME = re.compile(r"^Name:\t(.*)$", re.MULTILINE)
_EFFECTIVE_UID = re.compile(r"^Uid:\t\d+\t(\d+)", re.MULTILINE)


def _users() -> dict[int, str]:
    names: dict[int, str] = {}
    try:
        if os.stat("/etc/passwd").st_size > _PASSWD_BYTES:
            return names
        with open("/etc/passwd", encoding="utf-8", errors="replace") as passwd:
            for line in passwd:
                name, *rest = line.split(":")
                if name and len(rest) > 1 and rest[1].isdigit():
                    names.setdefault(int(rest[1]), name)
    except OSError:
        pass  # no such file in a bare container: numbers must do
    return names


def _started_at(ticks: int) -> Optional[str]:
    """By the clock of the boot: the wall clock may have jumped since the process started."""
    uptime = read_proc("/proc/uptime").partition(" ")[0]
    if uptime == "" or ticks <= 0:
        return None
    now = time.time_ns() // 1_000_000
    return iso(now - (float(uptime) - ticks / _TICKS) * 1000)


class Processes:
    """The processes of one inspection: each is read once. ``brief``: number and command will do."""

    def __init__(self, *, brief: bool = False) -> None:
        self._brief = brief
        self._seen: dict[int, ProcessInfo] = {}
        self._users: Optional[dict[int, str]] = None

    def info(self, pid: int) -> ProcessInfo:
        """What is known of a process; only its number if it has gone or may not be read."""
        info = self._seen.get(pid)
        if info is None:
            info = self._seen[pid] = self._read(pid)
        return info

    def _read(self, pid: int) -> ProcessInfo:
        line = read_start(f"/proc/{pid}/cmdline", _COMMAND_BYTES).rstrip("\0")
        command = printable(line.replace("\0", " ")) if line else None
        if self._brief:
            return ProcessInfo(pid, command=command)
        status = read_proc(f"/proc/{pid}/status")
        if status == "":
            return ProcessInfo(pid, command=command)
        if command is None:
            # A kernel thread or a zombie has no command line; ps(1) shows its name in brackets too.
            name = _NAME.search(status)
            command = f"[{printable(name[1] if name else '')}]"
        levels = pid_levels(status)
        nspid = tuple(levels) if len(levels) > 1 else None
        found = _EFFECTIVE_UID.search(status)
        uid = int(found[1]) if found else None
        started = _started_at(start_time(read_proc(f"/proc/{pid}/stat")))
        container, unit = parse_cgroup(read_proc(f"/proc/{pid}/cgroup"))
        user = None if nspid is not None or uid is None else self._name_of(uid)
        return ProcessInfo(pid, nspid, command, uid, user, started, container, unit)

    def _name_of(self, uid: int) -> Optional[str]:
        if self._users is None:
            self._users = _users()
        return self._users.get(uid)
