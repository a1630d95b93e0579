"""``PIDLockFile``: the lock file is ``path`` itself, and ``read_pid`` says who holds it.

The first line of the file is ``1``, not the pid (see the package): a program that reads a pid from
it by itself, such as ``kill $(cat …)`` or systemd's ``PIDFile=``, needs a pid file of its own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Optional

from ._base import LockBase
from ._errors import AlreadyLocked, LockFailed, LockTimeout, NotLocked, NotMyLock
from ._one import OneLock
from ._pidfile import read_pid_from_pidfile, remove_existing_pidfile, write_pid_to_pidfile

if TYPE_CHECKING:
    from .._options import StrPath

__all__ = [
    "AlreadyLocked",
    "LockBase",
    "LockFailed",
    "LockTimeout",
    "NotLocked",
    "NotMyLock",
    "PIDLockFile",
    "read_pid_from_pidfile",
    "remove_existing_pidfile",
    "write_pid_to_pidfile",
]


class PIDLockFile(OneLock):
    """A lock in the file ``path``. Its owner is the process, whatever ``threaded`` says.

    May be made before a fork and taken after it, as daemons do. ``lock_file`` is what the old
    library has there, a name that it never uses.
    """

    def __init__(
        self, path: StrPath, threaded: bool = False, timeout: Optional[float] = None
    ) -> None:
        super().__init__(path, False, timeout)
        self.unique_name = path
        # Not normalised: "" has to stay an error. Absolute, because a daemon leaves its directory.
        self._pid_file = os.path.join(os.getcwd(), os.fspath(path))

    @property
    def _target(self) -> str:
        return self._pid_file

    def read_pid(self) -> Optional[int]:
        """The pid in the file; see ``read_pid_from_pidfile``."""
        return read_pid_from_pidfile(self._target)

    def acquire(self, timeout: Optional[float] = None) -> None:
        """Takes the lock, by default without waiting. Not again while this process has it.

        ``timeout``: seconds to wait, then ``LockTimeout``; 0 or less: one try, then
        ``AlreadyLocked``; None: the constructor's, and if that is None too, one try.
        ``LockFailed`` if no lock can be had at this path at all.
        """
        limit = self.timeout if timeout is None else timeout
        self._take(0 if limit is None else limit)
