"""Letting go, and sweeping what a release had to leave.

Two things must never happen: unlinking somebody else's lock, and leaving a waiter on an unlinked
inode, where a blocked flock(1) wakes up and believes that it holds.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Optional

from . import _system
from ._adopt import adopt_lock, adopt_open
from ._lease import lease, leased_still
from ._lockfile import Stale, beat, split, still_names, write_record
from ._parent import OPEN_DIRECTORY, keep_forcers_out, open_parent
from ._record import RESIDUE_MARK

if TYPE_CHECKING:
    from ._lockfile import Held

UNLINKED = "unlinked"  # the name is gone, nobody had the file open
HANDED_OVER = "handed-over"  # somebody has the file open: the name stays, marked as residue
LOST = "lost"  # the path no longer named our inode: only closed
ORPHANED = "orphaned"  # unlinked, but an opener slipped in between lease and unlink


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
    dir_fd = open_parent(directory)
    try:
        if dir_fd is None:
            name = held.path
        else:
            keep_forcers_out(dir_fd)
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
        if leased and not leased_still(fd):
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
        keep_forcers_out(dir_fd)
        if not still_names(held):
            return True
        # Whoever has begun to open it since the lease waits for it to be given back, and must not
        # get a file without a name.
        if not (leased_still(held.fd) if leased else _proc_alone(held)):
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
