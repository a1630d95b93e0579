"""Every error that lockbridge raises on purpose.

The codes, the exit codes of the command line (sysexits.h) and the messages are those of the
TypeScript side: one protocol, one vocabulary.
"""

from __future__ import annotations

import errno as _errno
import json
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._inspect.types import Inspection

__all__ = ["LockError", "LockHeld", "LockTimeout"]

EXIT_CONFLICT = 1

#: The codes of LockError and the exit code that each one ends the command line with.
EXIT_CODES: dict[str, int] = {
    "ERR_LOCK_HELD": EXIT_CONFLICT,
    "ERR_LOCK_CHANGED": EXIT_CONFLICT,
    "ERR_LOCK_TIMEOUT": EXIT_CONFLICT,
    "ERR_LOCK_ABORTED": EXIT_CONFLICT,
    "ERR_INVALID_ARGUMENT": 64,
    "ERR_LOCK_PATH": 66,
    "ERR_LOCK_PERMISSION": 66,
    "ERR_LOCK_CREATE": 73,
    "ERR_LOCK_SYSTEM": 71,
    "ERR_LOCK_UNSUPPORTED": 71,
    "ERR_COMMAND": 69,
}


class LockError(Exception):
    """What went wrong with a lock, in one line: what, where, why and what to do.

    ``code`` is one of ``EXIT_CODES``; ``path``, ``errno`` and ``syscall`` are those of the system
    call where one failed; ``blockers`` lists who stood in the way (contention only).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        path: Optional[str] = None,
        errno: Optional[int] = None,
        syscall: Optional[str] = None,
        blockers: Sequence[Inspection] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.path = path
        self.errno = errno
        self.syscall = syscall
        self.blockers: tuple[Inspection, ...] = tuple(blockers)

    @property
    def exit_code(self) -> int:
        """What the command line ends with for this error."""
        return EXIT_CODES[self.code]


class LockHeld(LockError):
    """Somebody else holds the lock, and nobody was to wait (``ERR_LOCK_HELD``)."""


class LockTimeout(LockError, TimeoutError):
    """The lock was still held when the time ran out (``ERR_LOCK_TIMEOUT``)."""


_WHY: dict[int, tuple[str, str]] = {
    _errno.ENOENT: ("ERR_LOCK_PATH", "its directory does not exist; create it first"),
    _errno.ENOTDIR: ("ERR_LOCK_PATH", "a part of its path is not a directory"),
    _errno.ELOOP: ("ERR_LOCK_PATH", "too many symbolic links on the way to it"),
    _errno.EACCES: (
        "ERR_LOCK_PERMISSION",
        "not permitted for this user; check owner and mode of the directory and file",
    ),
    _errno.EPERM: (
        "ERR_LOCK_PERMISSION",
        "not permitted for this user; creating a file for another owner needs root",
    ),
    _errno.EROFS: ("ERR_LOCK_CREATE", "the filesystem is mounted read-only"),
    _errno.ENOSPC: ("ERR_LOCK_CREATE", "no space is left on the filesystem; free some"),
    _errno.EDQUOT: ("ERR_LOCK_CREATE", "the disk quota is used up"),
    _errno.ENAMETOOLONG: (
        "ERR_LOCK_CREATE",
        "the name is longer than the filesystem allows",
    ),
    _errno.EMFILE: (
        "ERR_LOCK_SYSTEM",
        "this process has no descriptor left; raise `ulimit -n`",
    ),
    _errno.ENFILE: ("ERR_LOCK_SYSTEM", "the machine has no descriptor left"),
    _errno.ENOMEM: ("ERR_LOCK_SYSTEM", "no memory is left"),
    _errno.ENOLCK: ("ERR_LOCK_UNSUPPORTED", "the kernel has no lock to give here"),
    _errno.EINVAL: ("ERR_LOCK_UNSUPPORTED", "this filesystem does not know such a lock"),
    _errno.ENOSYS: ("ERR_LOCK_UNSUPPORTED", "this kernel does not know such a lock"),
    _errno.EOPNOTSUPP: ("ERR_LOCK_UNSUPPORTED", "this filesystem does not support it"),
}


def from_os_error(error: OSError, syscall: str, path: str) -> LockError:
    """The LockError for a system call on ``path`` that failed."""
    number = error.errno or 0
    code, why = _WHY.get(number, ("ERR_LOCK_SYSTEM", "the system call failed"))
    name = _errno.errorcode.get(number, f"errno {number}")
    made = LockError(
        code,
        f"cannot lock '{path}': {why} ({syscall}: {name})",
        path=path,
        errno=number,
        syscall=syscall,
    )
    made.__cause__ = error
    return made


def invalid(what: str, expected: str, got: object) -> LockError:
    """The LockError for an unusable argument; ``what`` names it, ``expected`` says its shape."""
    shown = json.dumps(got) if isinstance(got, str) else str(got)
    return LockError("ERR_INVALID_ARGUMENT", f"{what} must be {expected}, not {shown}")
