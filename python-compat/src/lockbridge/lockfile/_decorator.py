"""``locked``: a function that runs only while a lock is held."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar, cast

from .linklockfile import LinkLockFile

if TYPE_CHECKING:
    from .._options import StrPath

__all__ = ["locked"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def locked(path: StrPath, timeout: Optional[float] = None) -> Callable[[_Function], _Function]:
    """Decorates a function: every call takes the lock for ``path`` and lets it go at its end.

    ``timeout`` and the errors are those of ``LockFile.acquire``, whatever the function raises
    passes through. Not for a function that calls itself: the inner call lets the lock go.
    """

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with LinkLockFile(path, timeout=timeout):
                return function(*args, **kwargs)

        return cast("_Function", run)

    return decorate
