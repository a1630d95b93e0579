"""Force: a fresh lock of ours takes the name of what is at a path, in one step.

The name never vanishes, so no exclusive create can slip in. Forcers exclude each other, and
releases, by a flock on the parent directory. Whether it may be done is decided by the caller.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from contextlib import suppress
from typing import NamedTuple, Optional

from . import _system
from ._create import create
from ._lockfile import Birth, Held, Stale, split
from ._parent import OPEN_DIRECTORY

_NO_EXCHANGE = frozenset((errno.EINVAL, errno.ENOSYS))


class Judged(NamedTuple):
    """What a breaker has judged.

    Adoption keeps the inode: whoever adopts it writes his record, and the mtime tells.
    """

    id: str
    mtime: int


def replace(path: str, birth: Birth, expected: Optional[Judged]) -> Held:
    """Our lock over what is at ``path``; with ``expected`` over that very file or nothing.

    Stale: something else is there now. BlockingIOError: somebody locks the directory.
    """
    directory, name = split(path)
    dir_fd = os.open(directory, OPEN_DIRECTORY)
    try:
        fcntl.flock(dir_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A name of its own first: rename(2) needs one. Hidden, unique to this process and moment.
        temporary = f".lockbridge-{os.getpid()}-{time.monotonic_ns()}"
        named = Birth(birth.record, birth.mode, birth.owner, name)
        held = create(os.path.join(directory, temporary), named)
        try:
            swap = _Swap(dir_fd, temporary, name)
            if expected is None:
                swap.replace_anything()
            else:
                swap.replace_only(expected, held)
        except BaseException:
            # Only our own file: a stranger's under this name is one that could not be put back.
            if swap.is_ours(held):
                os.unlink(temporary, dir_fd=dir_fd)
            held.close()
            raise
        held.path = path
        return held
    finally:
        _system.shut(dir_fd)


class _Swap:
    """Our file under a temporary name, and the name that it is to have."""

    def __init__(self, dir_fd: int, temporary: str, name: str) -> None:
        self.dir_fd = dir_fd
        self.temporary = temporary
        self.name = name

    def is_ours(self, held: Held) -> bool:
        """Whether the temporary name stands for our file (open, so its number is its own)."""
        try:
            st = os.stat(self.temporary, dir_fd=self.dir_fd, follow_symlinks=False)
        except OSError:
            return False
        return st.st_ino == held.ino and st.st_dev == held.dev

    def _exchange(self) -> None:
        _system.exchange(self.dir_fd, self.temporary, self.name)

    def replace_anything(self) -> None:
        try:
            os.rename(self.temporary, self.name, src_dir_fd=self.dir_fd, dst_dir_fd=self.dir_fd)
        except OSError as error:
            if error.errno not in (errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST):
                raise
            self._exchange()
            self._remove_old(directory=True)

    def replace_only(self, expected: Judged, held: Held) -> None:
        """Compare and swap: first exchange, then look what came out.

        Looking first would leave a moment in which the lock that was seen goes and its successor is
        replaced.
        """
        try:
            before = _system.stat_name(self.name, self.dir_fd)
        except FileNotFoundError:
            raise Stale from None
        # Under our lock of the directory nobody adopts it any more.
        if before.id != expected.id or before.mtime != expected.mtime:
            raise Stale
        try:
            self._exchange()
        except FileNotFoundError:
            raise Stale from None
        except OSError as error:
            if error.errno in _NO_EXCHANGE:  # then the look above must do
                return self.replace_anything()
            raise
        try:
            out = _system.stat_name(self.temporary, self.dir_fd)
        except OSError:
            self._put_back(held)  # what cannot be looked at may be anybody's
            raise
        if out.id == expected.id:
            return self._remove_old(directory=stat.S_ISDIR(out.mode))
        self._put_back(held)
        raise Stale

    def _put_back(self, held: Held) -> None:
        """The successor goes back to its place.

        Meanwhile our file may have been removed from there, or been renamed over: that was meant
        for the successor, which goes as it would have without us.
        """
        with suppress(OSError):
            try:
                self._exchange()
            except FileNotFoundError:
                pass
            else:
                if self.is_ours(held):
                    return
                self._exchange()
            os.unlink(self.temporary, dir_fd=self.dir_fd)

    def _remove_old(self, *, directory: bool) -> None:
        """After an exchange: removes what was at the name, or puts it back."""
        try:
            if directory:
                _remove_lock_directory(self.dir_fd, self.temporary)
            else:
                os.unlink(self.temporary, dir_fd=self.dir_fd)
        except OSError:
            with suppress(OSError):
                self._exchange()
            raise


def _remove_lock_directory(parent: int, name: str) -> None:
    """Removes a directory that was a lock, with the files in it. Deeper trees are no lock."""
    fd = os.open(name, OPEN_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        for entry in os.listdir(fd):
            try:
                os.unlink(entry, dir_fd=fd)
            except OSError:
                break
    finally:
        _system.shut(fd)
    os.rmdir(name, dir_fd=parent)
