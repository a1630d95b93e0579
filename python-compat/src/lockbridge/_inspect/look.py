"""Looking at a path without disturbing whoever uses it.

Never follows, never blocks, never creates, never reads more than a record. What is seen is
returned; what it means is decided in verdict.py.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import _system
from .._adopt import ANOTHER_NOW, open_untrusted
from .._lease import lease
from .._lockfile import ATTRIBUTE
from .._record import CONTENT_LIMIT
from .locks import LockLine, kernel_locks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._system import Stat

# How it is known whether a kernel lock is on the file, in the order in which we ask.
UNKNOWN = "unknown"  # could not be told: the file cannot be opened
GETLK = "ofd-getlk"  # F_OFD_GETLK named a record lock
PROC_LOCKS = "proc-locks"  # /proc/locks shows a lock
LEASE = "lease"  # a write lease was granted: nobody else has the file open
OPEN = "open"  # somebody has it open, and no lock shows
NO_LEASE = "no-lease"  # no lock shows, and a lease is not to be had (not the owner, or none here)

# On these, leases and locks are known to this mount alone; the same file may be locked by way of
# another one, or on another machine.
_NFS, _SMB1, _CIFS, _SMB2, _FUSE = 0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x65735546
_CEPH, _AFS, _V9FS = 0x00C36400, 0x5346414F, 0x01021997
_ELSEWHERE = frozenset((_NFS, _SMB1, _CIFS, _SMB2, _FUSE, _CEPH, _AFS, _V9FS))

_TARGET_LIMIT = 256


def may_be_elsewhere(filesystem: int) -> bool:
    """Whether a lock on this kind of filesystem may be one that this mount does not know of."""
    return filesystem in _ELSEWHERE


@dataclass
class Look:
    """Everything that one undisturbing look saw."""

    st: Stat
    #: Of a symbolic link.
    target: str = ""
    #: errno: why a regular file could not be read; 0 if it could.
    open_error: int = 0
    content: bytes = b""
    #: lockbridge made the inode (extended attribute).
    attribute: bool = False
    #: FUSE or network: a lock taken through another mount or machine may not show here.
    elsewhere: bool = False
    locked: bool = False
    known: str = UNKNOWN
    #: Somebody has it open.
    lease_refused: bool = False
    locks: tuple[LockLine, ...] = ()


def look(path: str, locks_of: Callable[[Stat], list[LockLine]] = kernel_locks) -> Look:
    """Looks at a path. FileNotFoundError: nothing there; another OSError: it cannot be reached."""
    # The name may change hands between the look at it and the open: then look again.
    for _ in range(3):
        seen = Look(_system.stat_name(path))
        if stat.S_ISLNK(seen.st.mode):
            seen.target = _target(path)
        if not stat.S_ISREG(seen.st.mode):
            return seen
        try:
            fd = open_untrusted(path, os.O_RDONLY)
        except OSError as error:
            if error.errno in ANOTHER_NOW:
                continue
            return _by_name(seen, error.errno or errno.EIO, locks_of)
        try:
            if _system.stat_fd(fd).id != seen.st.id:
                continue
            _keep_access_time(fd)
            _read_content(fd, seen)
            seen.locks = tuple(locks_of(seen.st))
            _find_locks(fd, seen)
        finally:
            _system.shut(fd)
        return seen
    return seen


def look_held(fd: int) -> Look:
    """Looks at a file that is already open, for judging once more under its lock."""
    seen = Look(_system.stat_fd(fd))
    _read_content(fd, seen)
    return seen


def _keep_access_time(fd: int) -> None:
    """For peers that go by it (native/probe.cc); only the owner and root may."""
    with suppress(OSError):
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_NOATIME)


def _target(path: str) -> str:
    try:
        return os.readlink(os.fsencode(path))[:_TARGET_LIMIT].decode("utf-8", "replace")
    except OSError:
        return ""  # it changed hands


def _by_name(seen: Look, why: int, locks_of: Callable[[Stat], list[LockLine]]) -> Look:
    """Without opening it: what the name and /proc say."""
    seen.open_error = why
    seen.locks = tuple(locks_of(seen.st))
    if any(not line.waiting for line in seen.locks):
        seen.known, seen.locked = PROC_LOCKS, True
    return seen


def _read_content(fd: int, seen: Look) -> None:
    with suppress(OSError):
        seen.content = os.pread(fd, CONTENT_LIMIT, 0)
    seen.attribute = has_attribute(fd)
    try:
        seen.elsewhere = may_be_elsewhere(_system.filesystem_type(fd))
    except OSError:
        seen.elsewhere = True


def has_attribute(fd: int) -> bool:
    """Whether lockbridge made the inode, where the filesystem can say so."""
    try:
        os.getxattr(fd, ATTRIBUTE)
    except OSError:
        return False
    return True


def _find_locks(fd: int, seen: Look) -> None:
    """In the order of how little each disturbs; a flock is never tried."""
    if _record_locked(fd):
        seen.known, seen.locked = GETLK, True
    elif any(not line.waiting for line in seen.locks):
        seen.known, seen.locked = PROC_LOCKS, True
    else:
        granted = lease(fd)
        if granted:
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        # Refused: somebody has it open, perhaps about to flock it.
        seen.lease_refused = granted is False
        seen.known = {True: LEASE, False: OPEN, None: NO_LEASE}[granted]


def _record_locked(fd: int) -> bool:
    try:
        return _system.record_lock_on(fd) is not None
    except OSError:
        return False
