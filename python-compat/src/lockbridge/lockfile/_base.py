"""What every lock of the old library shows of itself, for programs that read it or derive from it.

The attributes have the values that they have there. They are descriptions only: who holds a lock
is decided by ``_held``, never by a name.
"""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .._options import StrPath

__all__ = ["LockBase"]


class LockBase:
    """A lock for ``path``; its file is ``path`` with ``.lock`` behind it.

    ``threaded``: the thread that makes the object is the one that holds the lock; else it is the
    process. ``timeout``: seconds for every ``acquire`` that is given none.

    Attributes: ``path`` (as given), ``lock_file`` (absolute), ``hostname``, ``pid``, ``tname``
    (``""`` if not threaded), ``unique_name``, ``timeout``.
    """

    def __init__(
        self, path: StrPath, threaded: bool = True, timeout: Optional[float] = None
    ) -> None:
        self.path = path
        self.lock_file: str = os.path.abspath(os.fspath(path)) + ".lock"
        self.hostname = socket.gethostname()
        self.pid = os.getpid()
        ident = threading.get_ident() if threaded else 0
        self.tname = f"-{ident & 0xFFFFFFFF:x}" if threaded else ""
        self.unique_name: StrPath = os.path.join(
            os.path.dirname(self.lock_file),
            f"{self.hostname}{self.tname}.{self.pid}{hash(path)}",
        )
        self.timeout = timeout
        self._owner = ident

    def acquire(self, timeout: Optional[float] = None) -> None:
        """Takes the lock."""
        raise NotImplementedError(f"{type(self).__name__} has no acquire()")

    def release(self) -> None:
        """Lets the lock go."""
        raise NotImplementedError(f"{type(self).__name__} has no release()")

    def is_locked(self) -> bool:
        """Whether anybody holds the lock."""
        raise NotImplementedError(f"{type(self).__name__} has no is_locked()")

    def i_am_locking(self) -> bool:
        """Whether the owner of this object holds the lock."""
        raise NotImplementedError(f"{type(self).__name__} has no i_am_locking()")

    def break_lock(self) -> None:
        """Takes the lock away from whoever holds it."""
        raise NotImplementedError(f"{type(self).__name__} has no break_lock()")

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.unique_name!r} -- {self.path!r}>"
