"""What a lockbridge lock is, as system calls: born locked, adopted, released, replaced, swept.

A lock that one of these functions reports as taken is, at that moment, an exclusive create of the
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
import signal
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from . import _system
from ._record import RESIDUE_MARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._watches import Watch

#: Seconds by which the mtime of a held file is ahead, for peers that judge by age.
AHEAD_SECONDS = 120
#: Says that the inode is ours, and the name that it was given.
ATTRIBUTE = "user.lockbridge"

UNLINKED = "unlinked"  # the name is gone, nobody had the file open
HANDED_OVER = "handed-over"  # somebody has the file open: the name stays, marked as residue
LOST = "lost"  # the path no longer named our inode: only closed
ORPHANED = "orphaned"  # unlinked, but an opener slipped in between lease and unlink

_NFS, _SMB1, _CIFS, _SMB2 = 0x6969, 0x517B, 0xFF534D42, 0xFE534D42
_OFD_WOULD_FIGHT = frozenset((_NFS, _SMB1, _CIFS, _SMB2))

# "This filesystem has no such thing", not "no": decided by what the kernel answers, never by the
# filesystem's name. EISDIR is what kernels before 3.11 say to O_TMPFILE.
_NO_TMPFILE = frozenset((errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS))
_NO_LINK = frozenset(
    (errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV, errno.ENOSYS, errno.EMLINK, errno.EINVAL)
)
_NO_OFD = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK))

_EXCLUSIVE = fcntl.LOCK_EX | fcntl.LOCK_NB
_SHARED = fcntl.LOCK_SH | fcntl.LOCK_NB
_SIGURG = int(signal.SIGURG)  # the enumeration costs a look-up at every call

_TMPFILE = os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC
OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Stale(Exception):
    """The path names something else than it did: look again."""


class Birth(NamedTuple):
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
    fd = held.fd
    fcntl.flock(fd, _EXCLUSIVE)
    # On network filesystems flock already is a record lock over the wire, so an OFD lock beside it
    # would fight with it (flock(2), "NFS details").
    if _system.filesystem_type(fd) in _OFD_WOULD_FIGHT:
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
    _write_all(fd, record)
    os.ftruncate(fd, len(record))


def beat(fd: int, ahead: int = AHEAD_SECONDS) -> None:
    """Sets the mtime ``ahead`` seconds from now (atime: now)."""
    now = time.time_ns()
    os.utime(fd, ns=(now, now + ahead * 1_000_000_000))


def _write_all(fd: int, content: bytes) -> None:
    if os.pwrite(fd, content, 0) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def mark_ours(fd: int, name: str) -> None:
    """Marks the inode as born or adopted by lockbridge under this name; best effort."""
    try:  # noqa: SIM105 - suppress() costs more than the call
        os.setxattr(fd, ATTRIBUTE, os.fsencode(name))
    except OSError:
        pass  # not every filesystem has user attributes (tmpfs since Linux 6.6)


def _fill(held: Held, birth: Birth) -> None:
    """Everything but the name and the locks. A full disk speaks up here, before anybody sees it."""
    fd = held.fd
    if birth.owner is not None:
        os.fchown(fd, *birth.owner)
    st = os.fstat(fd)
    held.dev, held.ino = st.st_dev, st.st_ino
    if st.st_mode & 0o7777 != birth.mode:  # the umask took bits away
        os.fchmod(fd, birth.mode)
    _write_all(fd, birth.record)
    mark_ours(fd, split(held.path)[1] if birth.name is None else birth.name)
    beat(fd)


def _create_visible(path: str, birth: Birth) -> Held:
    """Where nameless files or links are not to be had: visible before it is complete, so locked."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    held = Held(path, os.open(path, flags, birth.mode))
    refused: Optional[OSError] = None
    try:
        try:
            lock_kernel(held)
        except BlockingIOError as error:
            # A stranger's flock won: the file is its, marked as born ours so that it can be swept.
            refused = error
        _fill(held, birth)
    except BaseException:
        held.close()
        if refused is None:  # nobody may be left with a half-made file
            os.unlink(path)
        raise
    if refused is not None:
        held.close()
        raise refused
    return held


def create(path: str, birth: Birth) -> Held:
    """Creates the file locked and complete, then gives it its name.

    FileExistsError: the name is taken. BlockingIOError: a kernel locker slipped in (fallback only).
    """
    try:
        held = _create_nameless(path, birth)
    except OSError as error:
        if error.errno in _NO_TMPFILE:
            return _create_visible(path, birth)
        raise
    try:
        _system.link_descriptor(held.fd, path)
    except OSError as error:
        held.close()
        if error.errno in _NO_LINK:
            return _create_visible(path, birth)
        raise
    return held


def _create_nameless(path: str, birth: Birth) -> Held:
    """A complete, locked file without a name."""
    held = Held(path, os.open(split(path)[0], _TMPFILE, birth.mode))
    try:
        _fill(held, birth)
        lock_kernel(held)
    except BaseException:
        held.close()
        raise
    return held


#: Why ``open_untrusted`` fails when the name, a regular file a moment ago, now stands for nothing,
#: a link, a directory or a socket (open(2)).
ANOTHER_NOW = frozenset((errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENXIO))


def open_untrusted(path: str, access: int) -> int:
    """Opens what may be hostile: never follows, never blocks, never creates.

    During somebody's lease a non-blocking open is refused (fcntl(2), "Leases"): again for a moment.
    """
    flags = access | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    for attempt in range(51):
        try:
            return os.open(path, flags)
        except BlockingIOError:
            if attempt == 50:
                raise
            time.sleep(0.00005)
    raise AssertionError("unreachable: the last attempt raises")


def adopt_open(path: str) -> Held:
    """Opens an existing regular file for adoption, without creating or following anything.

    Stale: not a regular file, or the path named something else meanwhile. Never O_CREAT: with
    fs.protected_regular that is EACCES on another user's file in a sticky directory.
    """
    try:
        named = os.lstat(path)
    except FileNotFoundError:
        raise Stale from None
    if not stat.S_ISREG(named.st_mode):
        raise Stale
    try:
        fd = open_untrusted(path, os.O_RDWR)
    except OSError as error:
        if error.errno in ANOTHER_NOW:
            raise Stale from None
        raise
    held = Held(path, fd)
    try:
        opened = os.fstat(fd)
        if not stat.S_ISREG(opened.st_mode) or not os.path.samestat(named, opened):
            raise Stale
        held.dev, held.ino = opened.st_dev, opened.st_ino
        if not still_names(held):  # the number of a file that went meanwhile, handed out again
            raise Stale
    except BaseException:
        held.close()
        raise
    return held


def adopt_lock(held: Held) -> None:
    """Both kernel locks on a descriptor of adopt_open. BlockingIOError, Stale; never closes it."""
    lock_kernel(held)
    if not still_names(held):
        raise Stale


def adopt_commit(held: Held, birth: Birth) -> None:
    """Writes our record over what is there and marks the inode as ours.

    Stale: a forcer has replaced it. He may have judged the file as it was: he replaces that one
    before we go on, or not at all.
    """
    directory, name = split(held.path)
    dir_fd = _open_parent(directory)
    try:
        if dir_fd is not None:
            _keep_forcers_out(dir_fd)
        if not still_names(held):
            raise Stale
        if birth.owner is not None:
            os.fchown(held.fd, *birth.owner)
        write_record(held.fd, birth.record)
        mark_ours(held.fd, name)
        with suppress(PermissionError):  # not the owner: age-judging peers go by the write above
            beat(held.fd)
    finally:
        if dir_fd is not None:
            os.close(dir_fd)


def still_names(held: Held) -> bool:
    """Whether the path still names the inode that we hold."""
    try:
        st = os.lstat(held.path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return st.st_ino == held.ino and st.st_dev == held.dev


# --- letting go -------------------------------------------------------------------------------
#
# Two things must never happen: unlinking somebody else's lock, and leaving a waiter on an unlinked
# inode, where a blocked flock(1) wakes up and believes that it holds.


def _open_parent(directory: str) -> Optional[int]:
    try:
        return os.open(directory, OPEN_DIRECTORY)
    except OSError:
        pass
    try:
        return os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None  # out of descriptors is no reason to leave a lock behind


def _keep_forcers_out(dir_fd: int) -> None:
    """A shared lock on the directory, so that no forcer replaces the file between look and act.

    A stranger's lock there must not stop us, so only for a moment.
    """
    for _ in range(10):
        try:
            return fcntl.flock(dir_fd, _SHARED)
        except BlockingIOError:
            time.sleep(0.0005)
        except OSError:
            return None
    return None


def lease(fd: int) -> Optional[bool]:
    """Takes a write lease: granted only if nobody else has the file open (fcntl(2), "Leases").

    False: somebody has. None: no leases here, or not the owner. SIGURG is ignored by default; the
    default SIGIO would kill the process when the lease is broken.
    """
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, _SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        return False if error.errno in (errno.EAGAIN, errno.EBUSY) else None
    return True


def _leased_still(fd: int) -> bool:
    """Whether our lease stands and nobody waits for its end."""
    return fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_WRLCK


def _proc_alone(held: Held) -> bool:
    """Waiters and openers that /proc shows. Unknown is nobody: a name that stays is worse."""
    from ._inspect.procfs import others_have_open, waiters_on  # noqa: PLC0415 - rare, and heavy

    wanted = _system.stat_fd(held.fd)
    return not waiters_on(wanted) and not others_have_open(wanted, held.fd)


def _hand_over(fd: int) -> str:
    # If it cannot be written, our record stays: without a kernel lock that is provably stale.
    with suppress(OSError):
        write_record(fd, RESIDUE_MARK)
        beat(fd, 0)
    return HANDED_OVER


def release(held: Held) -> str:
    """Lets go, by the rules of the protocol. Returns how it ended; always closes."""
    directory, name = split(held.path)
    fd = held.fd
    dir_fd = _open_parent(directory)
    try:
        if dir_fd is None:
            name = held.path
        else:
            _keep_forcers_out(dir_fd)
        try:
            st = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return LOST
        except OSError:
            # Never unlinked unseen; a sweeper removes our own inode once it can look.
            return _hand_over(fd)
        if st.st_ino != held.ino or st.st_dev != held.dev:
            return LOST
        leased = lease(fd)
        if not (_proc_alone(held) if leased is None else leased):
            return _hand_over(fd)
        try:
            os.unlink(name, dir_fd=dir_fd)
        except OSError:
            # Not permitted (an adopted file of another user in a sticky directory): it stays as
            # residue for its owner or a sweeper.
            return _hand_over(fd)
        if leased and not _leased_still(fd):
            return ORPHANED
        return UNLINKED
    finally:
        _system.shut(fd)
        if dir_fd is not None:
            _system.shut(dir_fd)


def _is_marked(fd: int) -> bool:
    return os.pread(fd, 512, 0) == RESIDUE_MARK


def sweep(path: str) -> bool:
    """Removes a residue mark that nobody uses. True: done, or no residue any more; False: busy.

    The lease comes before the kernel locks: while anybody has the file open, who looks or takes it
    must not find it locked by a mere sweeper.
    """
    try:
        held = adopt_open(path)
    except Stale:
        return True
    dir_fd: Optional[int] = None
    try:
        if not _is_marked(held.fd):
            return True
        leased = lease(held.fd)
        if leased is False:
            return False
        adopt_lock(held)
        if not _is_marked(held.fd):
            return True
        directory, name = split(path)
        dir_fd = os.open(directory, OPEN_DIRECTORY)
        _keep_forcers_out(dir_fd)
        if not still_names(held):
            return True
        # Whoever has begun to open it since the lease waits for it to be given back, and must not
        # get a file without a name.
        if not (_leased_still(held.fd) if leased else _proc_alone(held)):
            return False
        os.unlink(name, dir_fd=dir_fd)
    except Stale:
        return True
    except BlockingIOError:
        return False
    finally:
        held.close()
        if dir_fd is not None:
            _system.shut(dir_fd)
    return True
