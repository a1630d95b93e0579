"""What a lockbridge lock is: the descriptor that carries it, and what every file of ours gets.

What ``_create`` or ``_adopt`` reports as taken is, at that moment, an exclusive create of the
name, an exclusive flock on that inode and (where the filesystem allows) an exclusive open file
description lock on all of it. Killed at any instruction, the process leaves either nothing or a
complete, attributed file without a kernel lock: provably stale.

What it does not decide: whether a file that is already there may be taken.

While a descriptor is open its inode number cannot be handed out again, so device and number tell an
inode that we hold; only of one that is not held does the birth time matter.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from . import _system

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._watches import Watch

#: Seconds by which the mtime of a held file is ahead, for peers that judge by age.
AHEAD_SECONDS = 120
#: Says that the inode is ours, and the name that it was given.
ATTRIBUTE = "user.lockbridge"

_NFS, _SMB1, _CIFS, _SMB2 = 0x6969, 0x517B, 0xFF534D42, 0xFE534D42
_OFD_WOULD_FIGHT = frozenset((_NFS, _SMB1, _CIFS, _SMB2))
_NO_OFD = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK))

_EXCLUSIVE = fcntl.LOCK_EX | fcntl.LOCK_NB


class Stale(Exception):
    """The path names something else than it did: look again."""


@dataclass
class Birth:
    """What a file of ours is to be. ``name``: if it is not to be that of its path."""

    record: bytes
    mode: int = 0o644
    owner: Optional[tuple[int, int]] = None
    name: Optional[str] = None


class Held:
    """A descriptor that carries a lock, and the inode that it was taken on.

    ``record``, ``keeper`` (who is told of its loss), ``watch`` (for that), ``lost`` (why) and
    ``outcome`` (of its release) are those of one taking of a lock: see ``_held``.
    """

    __slots__ = (
        *("dev", "fd", "ino", "ofd", "path"),
        *("keeper", "lost", "outcome", "record", "watch"),
    )
    record: bytes
    keeper: Callable[[], Any]
    watch: Optional[Watch]
    lost: Optional[str]
    outcome: Optional[str]

    def __init__(self, path: str, fd: int) -> None:
        self.path = path
        self.fd = fd
        self.dev = self.ino = 0
        self.ofd = False
        self.lost = self.outcome = self.watch = None

    def close(self) -> None:
        _system.shut(self.fd)


def split(path: str) -> tuple[str, str]:
    """The directory and the name of a path."""
    directory, slash, name = path.rpartition("/")
    return (directory or slash or "."), name


def _no_descriptor(path: str) -> OSError:
    return OSError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK), path)


def lock_kernel(held: Held) -> None:
    """Both kernel locks, exclusive and without waiting; BlockingIOError if somebody has one."""
    fcntl.flock(held.fd, _EXCLUSIVE)
    lock_record(held, _system.filesystem_type(held.fd))


def lock_record(held: Held, filesystem: int) -> None:
    """With the flock ours: the record lock too, or BlockingIOError and neither."""
    fd = held.fd
    # On network filesystems flock already is a record lock over the wire, so an OFD lock beside it
    # would fight with it (flock(2), "NFS details").
    if filesystem in _OFD_WOULD_FIGHT:
        return
    try:
        _system.lock_whole(fd)
        held.ofd = True
    except OSError as error:
        if error.errno in _NO_OFD:
            return  # a kernel before 3.15, or a filesystem without record locks
        fcntl.flock(fd, fcntl.LOCK_UN)
        if error.errno == errno.EACCES:
            raise _no_descriptor(held.path) from error
        raise


def write_record(fd: int, record: bytes) -> None:
    """Overwrites the content and cuts what was longer."""
    write_all(fd, record)
    os.ftruncate(fd, len(record))


def beat(fd: int, ahead: int = AHEAD_SECONDS) -> None:
    """Sets the mtime ``ahead`` seconds from now (atime: now)."""
    now = time.time_ns()
    os.utime(fd, ns=(now, now + ahead * 1_000_000_000))


def write_all(fd: int, content: bytes) -> None:
    if os.pwrite(fd, content, 0) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def mark_ours(fd: int, name: str) -> None:
    """Marks the inode as born or adopted by lockbridge under this name; best effort."""
    try:  # noqa: SIM105 - suppress() costs more than the call
        os.setxattr(fd, ATTRIBUTE, os.fsencode(name))
    except OSError:
        pass  # not every filesystem has user attributes (tmpfs since Linux 6.6)


def still_names(held: Held) -> bool:
    """Whether the path still names the inode that we hold."""
    return named(held) is not None


def named(held: Held) -> Optional[os.stat_result]:
    """The inode that we hold, if the path still names it."""
    try:
        st = os.lstat(held.path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return st if st.st_ino == held.ino and st.st_dev == held.dev else None
