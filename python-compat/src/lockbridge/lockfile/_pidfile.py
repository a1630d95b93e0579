"""Pid files, of lockbridge and of strangers: read, written, removed.

Reading never follows a link, never waits on a FIFO and never reads more than a record is long.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Optional

from .. import _adopt, _record

if TYPE_CHECKING:
    from .._options import StrPath

__all__ = ["read_pid_from_pidfile", "remove_existing_pidfile", "write_pid_to_pidfile"]

_PID = re.compile(rb"\s*\+?0*([1-9][0-9]{0,9})\s*\Z")
_OURS = b'1\n{"lockbridge":1'


def read_pid_from_pidfile(pidfile_path: StrPath) -> Optional[int]:
    """The pid of who holds a lockbridge lock, or the first line of a stranger's pid file.

    None if there is no file, or no pid in it that names a process here: the number in a record
    that was written in another pid namespace (container) or under another boot is somebody else's,
    and whoever signals it hits the wrong process or takes a live lock for dead.
    """
    content = _read(os.fspath(pidfile_path))
    if content.startswith(_OURS):
        return _pid_in_record(content)
    found = _PID.match(content.partition(b"\n")[0])
    return int(found[1]) if found else None


def _read(path: str) -> bytes:
    """The first bytes of a regular file; nothing if it is none or cannot be read."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return b""
        fd = _adopt.open_untrusted(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):  # exchanged since
            return b""
        return os.pread(fd, _record.CONTENT_LIMIT, 0)
    except OSError:
        return b""
    finally:
        os.close(fd)


def _pid_in_record(content: bytes) -> Optional[int]:
    record = _record.parse_record(content)
    if record is None or record.pid <= 0 or record.pidns != _record.pid_namespace():
        return None
    return record.pid if record.boot == _boot() else None


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read(36)
    except OSError:
        return ""


def write_pid_to_pidfile(pidfile_path: StrPath) -> None:
    """Creates a plain pid file with the pid of this process; FileExistsError if the name is taken.

    That is an existence lock, as of any other program: ``PIDLockFile`` finds it held, and does not
    release it.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    fd = os.open(pidfile_path, flags, 0o644)
    try:
        os.write(fd, b"%d\n" % os.getpid())
    except BaseException:
        os.unlink(pidfile_path)  # nobody may be left with a half-made file
        raise
    finally:
        os.close(fd)


def remove_existing_pidfile(pidfile_path: StrPath) -> None:
    """Unlinks a pid file whoever holds it; one that is gone already is no error."""
    with suppress(FileNotFoundError):
        os.unlink(pidfile_path)
