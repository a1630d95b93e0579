"""Taking a file that is already there: opened without trust, locked, then made ours."""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import TYPE_CHECKING, Optional

from ._lockfile import (
    Held,
    Stale,
    beat,
    lock_kernel,
    mark_ours,
    named,
    split,
    still_names,
    write_all,
    write_record,
)
from ._parent import keep_forcers_out, open_parent

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._lockfile import Birth

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
        seen = os.lstat(path)
    except FileNotFoundError:
        raise Stale from None
    if not stat.S_ISREG(seen.st_mode):
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
        if not stat.S_ISREG(opened.st_mode) or not os.path.samestat(seen, opened):
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


def adopt_commit(
    held: Held, birth: Birth, *, unless: Optional[Callable[[os.stat_result], bool]] = None
) -> bool:
    """Writes our record over what is there and marks the inode as ours.

    Stale: a forcer has replaced it. He may have judged the file as it was: he replaces that one
    before we go on, or not at all. False: nothing was done, as ``unless`` says of the inode.
    """
    directory, name = split(held.path)
    dir_fd = open_parent(directory)
    try:
        if dir_fd is not None:
            keep_forcers_out(dir_fd)
        st = named(held)
        if st is None:
            raise Stale
        if unless is not None and unless(st):
            return False
        if birth.owner is not None:
            os.fchown(held.fd, *birth.owner)
        # Of what is no longer than our record, nothing will be left to cut.
        write = write_record if st.st_size > len(birth.record) else write_all
        write(held.fd, birth.record)
        mark_ours(held.fd, name)
        try:  # noqa: SIM105 - suppress() costs more than the call
            beat(held.fd)
        except PermissionError:
            pass  # not the owner: age-judging peers go by the write above
        return True
    finally:
        if dir_fd is not None:
            os.close(dir_fd)
