"""Is the process that a lock file names dead?

A pid is only a number of some unknown namespace, so "dead" needs: the initial pid namespace, a
/proc that hides nobody, and no process with that number at any level of its NSpid
(pid_namespaces(7), proc(5) hidepid). Anything else: unknown.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Optional

from .._record import pid_namespace, start_time
from .proc import boot_id, read_proc, visible_pids

if TYPE_CHECKING:
    from .._record import LockRecord

_INITIAL_PID_NAMESPACE = 0xEFFFFFFC  # PROC_PID_INIT_INO, fixed in the kernel
_PROC_MOUNT = re.compile(r" /proc .* - proc ")
_HIDEPID = re.compile(r"hidepid=(1|2|4|invisible|noaccess|ptraceable)")
_NSPID = re.compile(r"^NSpid:\t(.*)$", re.MULTILINE)


def in_initial_pid_namespace() -> bool:
    """Whether this process is in the pid namespace that the machine booted with."""
    return pid_namespace() == _INITIAL_PID_NAMESPACE


def proc_is_ours() -> bool:
    """Whether /proc numbers are of our own pid namespace: after a bare unshare(2) they are not."""
    try:
        return os.readlink("/proc/self") == str(os.getpid())
    except OSError:
        return False


def proc_hides_processes() -> bool:
    """Whether the /proc on top leaves processes out (proc(5), hidepid), or none is there at all."""
    mounts = read_proc("/proc/self/mountinfo").split("\n")
    proc = next((line for line in reversed(mounts) if _PROC_MOUNT.search(line)), None)
    return proc is None or _HIDEPID.search(proc) is not None


def sees_every_process() -> bool:
    """Whether this process can see every process of the machine."""
    return in_initial_pid_namespace() and proc_is_ours() and not proc_hides_processes()


def pid_levels(status: str) -> list[int]:
    """A process's numbers from this namespace inwards, from the text of its /proc/PID/status."""
    levels = _NSPID.search(status)
    return [] if levels is None else [int(level) for level in levels[1].split()]


class PidTable:
    """Every number that a process has, here or in a container.

    Read when first asked, so ask after the file that names a pid was read: then its writer, if it
    lives, is in here.
    """

    def __init__(self) -> None:
        self._complete: Optional[bool] = None
        self._numbers: Optional[set[int]] = None
        self._identities: Optional[dict[tuple[int, int, int], int]] = None

    @property
    def complete(self) -> bool:
        """Whether nobody can be missing from it."""
        if self._complete is None:
            self._complete = sees_every_process()
        return self._complete

    def alive(self, pid: int) -> Optional[bool]:
        """True: a process has that number here or in a container; False: provably none."""
        if self._numbers is None:
            self._numbers = _numbers()
        if pid in self._numbers:
            return True
        return False if self.complete else None

    def fate_of(self, record: LockRecord) -> str:
        """What became of the process that a lockbridge record names. A record is a claim."""
        who = f"the process of its record (pid {record.pid})"
        if record.boot != boot_id():
            return f"{who} is of an earlier boot, or of another machine"
        if self._identities is None:
            self._identities = _identities()
        living = self._identities.get((record.pidns, record.pid, record.start))
        if living is not None:
            return f"{who} lives: it is pid {living} here"
        if self.complete:
            return f"{who} is gone: none has its number, namespace and start time"
        return f"{who} is not in sight; whether it lives cannot be told from here"


def _numbers() -> set[int]:
    everyone: set[int] = set()
    for pid in visible_pids():
        everyone.add(pid)
        everyone.update(pid_levels(read_proc(f"/proc/{pid}/status")))
    return everyone


def _identities() -> dict[tuple[int, int, int], int]:
    """Every process by pid namespace, its number in there and start time: what a record names."""
    everyone = {}
    for pid in visible_pids():
        levels = pid_levels(read_proc(f"/proc/{pid}/status"))
        if levels:
            start = start_time(read_proc(f"/proc/{pid}/stat"))
            everyone[pid_namespace(pid), levels[-1], start] = pid
    return everyone


def process_gone(record: LockRecord) -> bool:
    """Whether the process of a record is provably gone; False also where that cannot be known.

    Proof: same boot and pid namespace as ours, and no process with that number and start time.
    """
    if record.boot != boot_id() or pid_namespace() != record.pidns or not proc_is_ours():
        return False
    stat = read_proc(f"/proc/{record.pid}/stat")
    if stat != "":
        return start_time(stat) != record.start
    try:
        os.kill(record.pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):  # hidden from us, but there; or no pid at all
        return False
    return False
