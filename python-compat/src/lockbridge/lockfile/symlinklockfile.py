"""``SymlinkLockFile``: the name that the old library gave to its locks by symbolic links."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Optional

from ._base import LockBase
from ._errors import AlreadyLocked, LockFailed, LockTimeout, NotLocked, NotMyLock
from ._one import OneLock

if TYPE_CHECKING:
    from .._options import StrPath

__all__ = [
    "AlreadyLocked",
    "LockBase",
    "LockFailed",
    "LockTimeout",
    "NotLocked",
    "NotMyLock",
    "SymlinkLockFile",
]


class SymlinkLockFile(OneLock):
    """A lock for ``path`` in ``path.lock``: a file, which ``symlink`` finds taken all the same."""

    def __init__(
        self, path: StrPath, threaded: bool = True, timeout: Optional[float] = None
    ) -> None:
        super().__init__(path, threaded, timeout)
        self.unique_name = os.path.basename(self.unique_name)
