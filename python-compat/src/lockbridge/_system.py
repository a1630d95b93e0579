"""The system calls that Python has no function for.

Everything raises OSError with the kernel's errno. A call that a signal interrupted is repeated,
except the two that wait: those are for the caller to repeat or to give up.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
import threading
import time
from dataclasses import dataclass
from typing import Any, Optional

AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_AT_EMPTY_PATH = 0x1000
_AT_STATX_DONT_SYNC = 0x4000
_STATX_BASIC_STATS_BTIME = 0x7FF | 0x800
_STATX_BTIME = 0x800
_RENAME_EXCHANGE = 2

libc = ctypes.CDLL(None, use_errno=True)


def _fail(name: Optional[str] = None) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), name)


def _repeat(call: Any, *args: Any) -> int:
    while True:
        result: int = call(*args)
        if result != -1 or ctypes.get_errno() != errno.EINTR:
            return result


# --- which inode ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stat:
    """What statx(2) tells. Times in nanoseconds; ``birth`` None where the filesystem has none."""

    mode: int
    nlink: int
    uid: int
    size: int
    major: int
    minor: int
    ino: int
    birth: Optional[int]
    mtime: int
    ctime: int

    @property
    def id(self) -> str:
        """Device, number and birth: ext4 hands a number out again at once, but not the birth."""
        seconds, nanoseconds = divmod(self.birth or 0, 1_000_000_000)
        return f"{self.major:x}:{self.minor:x}:{self.ino}@{seconds}.{nanoseconds:09d}"


_statx = getattr(libc, "statx", None)


def _statx_of(dir_fd: int, name: bytes, flags: int) -> Stat:
    buffer = ctypes.create_string_buffer(256)
    if _repeat(_statx, dir_fd, name, flags, _STATX_BASIC_STATS_BTIME, buffer) == -1:
        raise _fail(os.fsdecode(name) or None)
    raw = buffer.raw
    mask, _, _, nlink, uid, _, mode = struct.unpack_from("=IIQIIIH", raw, 0)
    ino, size = struct.unpack_from("=QQ", raw, 0x20)
    times = [struct.unpack_from("=qI", raw, at) for at in (0x50, 0x60, 0x70)]
    birth, ctime, mtime = (seconds * 1_000_000_000 + nano for seconds, nano in times)
    major, minor = struct.unpack_from("=II", raw, 0x88)
    known = birth if mask & _STATX_BTIME else None
    return Stat(mode, nlink, uid, size, major, minor, ino, known, mtime, ctime)


def _stat_of(st: os.stat_result) -> Stat:
    major, minor = os.major(st.st_dev), os.minor(st.st_dev)
    mtime, ctime = st.st_mtime_ns, st.st_ctime_ns
    mode, nlink, uid, size = st.st_mode, st.st_nlink, st.st_uid, st.st_size
    return Stat(mode, nlink, uid, size, major, minor, st.st_ino, None, mtime, ctime)


def stat_fd(fd: int) -> Stat:
    """The inode behind a descriptor."""
    if _statx is None:
        return _stat_of(os.fstat(fd))
    return _statx_of(fd, b"", _AT_EMPTY_PATH)


def stat_name(path: str, dir_fd: int = AT_FDCWD) -> Stat:
    """The inode that a name stands for; a symbolic link is not followed."""
    if _statx is None:
        at = None if dir_fd == AT_FDCWD else dir_fd
        return _stat_of(os.stat(path, dir_fd=at, follow_symlinks=False))
    return _statx_of(dir_fd, os.fsencode(path), _AT_SYMLINK_NOFOLLOW)


def stat_link(dir_fd: int, name: str) -> Stat:
    """What a link in /proc/PID/fd stands for: follows it, which opens nothing.

    Asks no server for news: a dead one cannot hang us.
    """
    if _statx is None:
        return _stat_of(os.stat(name, dir_fd=dir_fd))
    return _statx_of(dir_fd, name.encode(), _AT_STATX_DONT_SYNC)


class _Statfs(threading.local):
    """struct statfs of one thread. f_type is its first word; no other field is needed here."""

    def __init__(self) -> None:
        self.buffer = ctypes.create_string_buffer(256)
        self.type = ctypes.c_ulong.from_buffer(self.buffer)


_statfs = _Statfs()
_fstatfs = libc.fstatfs
_fstatfs.argtypes = (ctypes.c_int, ctypes.c_void_p)


def filesystem_type(fd: int) -> int:
    """The magic number of the filesystem that an open file lies on (statfs(2), f_type)."""
    own = _statfs
    if _repeat(_fstatfs, fd, own.buffer) == -1:
        raise _fail()
    return own.type.value & 0xFFFFFFFF


def shut(fd: int) -> None:
    """close(2), whose error tells nobody anything here: the descriptor is gone all the same.

    Raised, it would hide what was done before it, and keep what comes after it from being done.
    """
    try:  # noqa: SIM105 - suppress() costs more than the call
        os.close(fd)
    except OSError:
        pass


# --- names ------------------------------------------------------------------------------------


def exchange(dir_fd: int, one: str, other: str) -> None:
    """Two names in one directory change places, in one step (renameat2(2), RENAME_EXCHANGE)."""
    call = getattr(libc, "renameat2", None)
    if call is None:  # musl before 1.2.6
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    names = (dir_fd, os.fsencode(one), dir_fd, os.fsencode(other))
    if _repeat(call, *names, _RENAME_EXCHANGE) == -1:
        raise _fail(other)


def link_descriptor(fd: int, path: str) -> None:
    """Gives a nameless file its name (open(2), O_TMPFILE); FileExistsError if it is taken."""
    try:
        # os.link follows the link of /proc only if a descriptor is given too: else it calls
        # link(2), which links the symbolic link itself (EXDEV). An absolute name ignores it.
        os.link(f"/proc/self/fd/{fd}", path, src_dir_fd=fd, follow_symlinks=True)
    except FileNotFoundError:
        # No /proc, or no directory. This way needs none, but CAP_DAC_READ_SEARCH or Linux 6.10.
        if _repeat(libc.linkat, fd, b"", AT_FDCWD, os.fsencode(path), _AT_EMPTY_PATH) == -1:
            raise _fail(path) from None


# --- kernel locks -----------------------------------------------------------------------------

# struct flock with 64-bit offsets, which is what Python's fcntl(2) takes on every Linux.
_WHOLE_FILE_WRITE = struct.pack("@hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)


def lock_whole(fd: int) -> None:
    """An open file description lock on the whole file, without waiting (fcntl(2), F_OFD_SETLK)."""
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _WHOLE_FILE_WRITE)


def record_lock_on(fd: int) -> Optional[int]:
    """The pid of somebody's record lock on the file (-1: it has none to show); None without one."""
    answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _WHOLE_FILE_WRITE)
    kind, _, _, _, pid = struct.unpack("@hhqqi0q", answer)
    return None if kind == fcntl.F_UNLCK else int(pid)


_wait_record = getattr(libc, "fcntl64", libc.fcntl)


def wait_for_flock(fd: int) -> None:
    """flock(2) until it is granted. InterruptedError when a signal comes, unlike fcntl.flock."""
    if libc.flock(fd, fcntl.LOCK_EX) == -1:
        raise _fail()


def wait_for_record_lock(fd: int) -> None:
    """F_OFD_SETLKW on the whole file until it is granted. InterruptedError when a signal comes."""
    buffer = ctypes.create_string_buffer(_WHOLE_FILE_WRITE, len(_WHOLE_FILE_WRITE))
    if _wait_record(fd, fcntl.F_OFD_SETLKW, buffer) == -1:
        raise _fail()


def same_description(pid: int, fd: int, other_pid: int, other_fd: int) -> Optional[bool]:
    """Whether two descriptors share an open file description (kcmp(2)); None if unknown."""
    number = _KCMP.get(os.uname().machine)
    if number is None:
        return None
    kcmp_file = 0
    told = libc.syscall(number, pid, other_pid, kcmp_file, fd, other_fd)
    return None if told < 0 else bool(told == 0)


_KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272, "armv7l": 378, "armv6l": 378, "i686": 349}


# --- timers -----------------------------------------------------------------------------------


def timer_create() -> int:
    """A descriptor that can be read once its time is up, close-on-exec and non-blocking."""
    fd: int = libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_CLOEXEC | os.O_NONBLOCK)
    if fd == -1:
        raise _fail()
    return fd


def timer_spec(seconds: float) -> bytes:
    """For ``timer_set``: once, in so many seconds."""
    whole, part = divmod(seconds, 1)
    return struct.pack("@llll", 0, 0, int(whole), int(part * 1e9))


def timer_set(fd: int, spec: bytes) -> None:
    """Sets such a timer, which may be set already."""
    libc.timerfd_settime(fd, 0, spec, None)


# --- inotify ----------------------------------------------------------------------------------


def inotify_init() -> int:
    """A new inotify descriptor, close-on-exec and non-blocking."""
    fd: int = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if fd == -1:
        raise _fail()
    return fd


def inotify_add(fd: int, path: str, mask: int) -> int:
    """Watches a path; the watch descriptor."""
    wd: int = _repeat(libc.inotify_add_watch, fd, os.fsencode(path), ctypes.c_uint32(mask))
    if wd == -1:
        raise _fail(path)
    return wd


def inotify_remove(fd: int, wd: int) -> None:
    """Ends a watch; one that is gone already is no error."""
    libc.inotify_rm_watch(fd, wd)
