"""A lock file is born locked: complete, with its locks and its record, before it has a name."""

from __future__ import annotations

import errno
import os
from typing import Optional

from . import _system
from ._lockfile import Birth, Held, beat, lock_kernel, mark_ours, split, write_all

# "This filesystem has no such thing", not "no": decided by what the kernel answers, never by the
# filesystem's name. EISDIR is what kernels before 3.11 say to O_TMPFILE.
_NO_TMPFILE = frozenset((errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS))
_NO_LINK = frozenset(
    (errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV, errno.ENOSYS, errno.EMLINK, errno.EINVAL)
)

_TMPFILE = os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC


def _fill(held: Held, birth: Birth) -> None:
    """Everything but the name and the locks. A full disk speaks up here, before anybody sees it."""
    fd = held.fd
    if birth.owner is not None:
        os.fchown(fd, *birth.owner)
    st = os.fstat(fd)
    held.dev, held.ino = st.st_dev, st.st_ino
    if st.st_mode & 0o7777 != birth.mode:  # the umask took bits away
        os.fchmod(fd, birth.mode)
    write_all(fd, birth.record)
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
