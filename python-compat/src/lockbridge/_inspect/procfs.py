"""Who has an inode open, from the descriptors that /proc shows.

A hit proves; a miss proves nothing where processes are hidden: other users' descriptors are hidden
from whoever is not root. No filesystem is asked for news, so a dead server cannot hang us.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Optional

from .. import _system
from .._lockfile import ATTRIBUTE
from .locks import LockLine, inode_key, kernel_locks, parse_line
from .proc import read_proc, visible_pids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .._system import Stat

_REGULAR = 0o100000
_PF_KTHREAD = 0x00200000  # field 9 of /proc/PID/stat
_NAME_LIMIT = 255
#: What no lock file can be; saves a system call for most descriptors.
_NO_FILE = ("socket:", "pipe:", "anon_inode:")


@dataclass(frozen=True)
class Opener:
    """A descriptor that somebody has open."""

    #: The inode's key (``locks.inode_key``); None for a locked file that has lost its name.
    key: Optional[str]
    pid: int
    fd: int
    #: Id of its mount in /proc/PID/mountinfo; -1 where unknown.
    mount: int
    #: Held by this open file description or, POSIX, by this process.
    locks: tuple[LockLine, ...]
    #: Only of a nameless file: where /proc says that it was.
    link: str = ""
    #: Only of a nameless file of lockbridge: the name that it had.
    born: Optional[str] = None


@dataclass
class Openers:
    """Who was found. ``hidden``: processes that would not show their descriptors."""

    found: list[Opener] = field(default_factory=list)
    hidden: int = 0


def openers_of(wanted: Iterable[Stat], *, nameless: bool) -> Openers:
    """Every visible opener of the inodes; ``nameless``: of any locked file without a link too."""
    keys = {inode_key(st) for st in wanted}
    out = Openers()
    for pid in visible_pids():
        try:
            fds = os.listdir(f"/proc/{pid}/fd")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        except OSError:  # not permitted; or out of descriptors, which hides it just as well
            out.hidden += not _is_kernel_thread(pid)
            continue
        for fd in fds:
            opener = _opener(pid, int(fd), keys, nameless)
            if opener is not None:
                out.found.append(opener)
    return out


def _opener(pid: int, fd: int, keys: set[str], nameless: bool) -> Optional[Opener]:
    path = f"/proc/{pid}/fd/{fd}"
    try:
        link = os.readlink(path)
        if link.startswith(_NO_FILE):
            return None
        st = _system.stat_link(_system.AT_FDCWD, path)
    except OSError:
        return None
    key = inode_key(st)
    if key in keys:
        mount, locks = _info(pid, fd)
        return Opener(key, pid, fd, mount, locks)
    if not nameless or st.nlink != 0 or st.mode & 0o170000 != _REGULAR:
        return None
    mount, locks = _info(pid, fd)
    return Opener(None, pid, fd, mount, locks, link, _born(path)) if locks else None


def _info(pid: int, fd: int) -> tuple[int, tuple[LockLine, ...]]:
    mount = -1
    locks: list[LockLine] = []
    for line in read_proc(f"/proc/{pid}/fdinfo/{fd}").splitlines():
        if line.startswith("mnt_id:"):
            mount = int(line[7:])
        elif line.startswith("lock:"):
            parsed = parse_line(line[5:])
            if parsed is not None:
                locks.append(parsed[1])
    return mount, tuple(locks)


def _born(path: str) -> Optional[str]:
    try:
        name = os.getxattr(path, ATTRIBUTE)
    except OSError:
        return None
    return os.fsdecode(name) if 0 < len(name) <= _NAME_LIMIT else None


def _is_kernel_thread(pid: int) -> bool:
    """Kernel threads have no descriptors, but root owns their directories: nothing is hidden."""
    stat = read_proc(f"/proc/{pid}/stat")
    fields = stat[stat.rfind(")") + 2 :].split(" ")
    return len(fields) > 6 and bool(int(fields[6]) & _PF_KTHREAD)


def others_have_open(stat: Stat, except_fd: int) -> bool:
    """Whether a descriptor other than ``except_fd`` of this process has the inode open.

    False also where /proc cannot tell.
    """
    own = (os.getpid(), except_fd)
    found = openers_of([stat], nameless=False).found
    return any((opener.pid, opener.fd) != own for opener in found)


def waiters_on(stat: Stat) -> bool:
    """Whether /proc/locks shows somebody blocked behind a kernel lock on the inode."""
    return any(line.waiting for line in kernel_locks(stat))
