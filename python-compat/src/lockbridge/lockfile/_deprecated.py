"""The factories that the old library had already deprecated, with its warning."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Optional

from .linklockfile import LinkLockFile
from .mkdirlockfile import MkdirLockFile
from .sqlitelockfile import SQLiteLockFile

if TYPE_CHECKING:
    from .._options import StrPath

__all__ = ["LinkFileLock", "MkdirFileLock", "SQLiteFileLock"]


def _warn(name: str, module: str) -> None:
    text = f"use lockbridge.lockfile.{module}.{name} instead"
    warnings.warn(text, DeprecationWarning, stacklevel=3)  # 3: the line that calls the factory


def LinkFileLock(
    path: StrPath, threaded: bool = True, timeout: Optional[float] = None
) -> LinkLockFile:
    """Deprecated: ``LinkLockFile``."""
    _warn("LinkLockFile", "linklockfile")
    return LinkLockFile(path, threaded, timeout)


def MkdirFileLock(
    path: StrPath, threaded: bool = True, timeout: Optional[float] = None
) -> MkdirLockFile:
    """Deprecated: ``MkdirLockFile``."""
    _warn("MkdirLockFile", "mkdirlockfile")
    return MkdirLockFile(path, threaded, timeout)


def SQLiteFileLock(
    path: StrPath, threaded: bool = True, timeout: Optional[float] = None
) -> SQLiteLockFile:
    """Deprecated: ``SQLiteLockFile``."""
    _warn("SQLiteLockFile", "sqlitelockfile")
    return SQLiteLockFile(path, threaded, timeout)
