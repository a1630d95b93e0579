"""A taker's look: without a search through /proc, because its own flock will decide, and with no
more of the holders than their numbers and commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from ..errors import from_os_error
from .answer import answer, empty_policy, failure_of, free_answer
from .holders import holders_of
from .look import Look, look, look_held
from .process import Processes
from .verdict import Context, judge

if TYPE_CHECKING:
    from .types import Inspection


def glance(path: str, empty: Optional[str] = None) -> Inspection:
    """What is at a path, for who is about to take it. LockError if it cannot be reached."""
    try:
        seen = look(path)
    except FileNotFoundError:
        return free_answer(path)
    except OSError as error:
        raise from_os_error(error, "lstat", path) from error
    failure = failure_of(path, seen)
    if failure is not None:
        raise failure
    return _brief(path, seen, empty, under_lock=False)


def judge_held(path: str, fd: int, empty: Optional[str] = None) -> Inspection:
    """Judges once more a file that we hold the kernel locks of, by ``fd``."""
    try:
        seen = look_held(fd)
    except OSError as error:
        raise from_os_error(error, "fstat", path) from error
    return _brief(path, seen, empty, under_lock=True)


def _brief(path: str, seen: Look, empty: Optional[str], *, under_lock: bool) -> Inspection:
    judged = judge(seen, Context(path, empty_policy(empty), under_lock=under_lock))
    return answer(path, seen, judged, holders_of(seen.locks, (), Processes(brief=True)))
