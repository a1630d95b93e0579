"""The public look at paths: who holds them, and how that is known.

1. Look at each path without disturbing anybody (look.py has the order).
2. Where nothing proves that nobody has the file open, look through /proc for who has: one pass for
   all paths, which also finds who holds a lock on a file that lost its name.
3. Judge, name the people behind the numbers, and say what can be done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Union

from .._options import StrPath, check_empty, check_path
from ..errors import LockError, from_os_error
from .answer import answer, empty_policy, failure_of, free_answer
from .directories import Directories
from .holders import holders_of
from .liveness import PidTable
from .locks import LockTable, inode_key, kernel_locks
from .look import LEASE, Look, look
from .orphans import Orphans
from .process import Processes
from .procfs import Opener, Openers, openers_of
from .unseen import View
from .verdict import Context, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._system import Stat
    from .locks import LockLine
    from .types import Inspection

#: A look, None where nothing is at the path, or why it could not be looked at.
_Looked = Union[Look, LockError, None]


def inspect(path: StrPath, *, empty: Optional[str] = None, search: bool = True) -> Inspection:
    """Says what is at ``path`` without disturbing whoever uses it.

    ``empty``: ``held`` or ``free``, what an empty, unlocked file of unknown origin counts as; else
    LOCKBRIDGE_EMPTY, else ``held``. ``search``: look through the descriptors of every process.
    Reading /proc/PID/fd borrows a descriptor for some microseconds, and a flock that ends by
    close(2) in just that moment ends as much later (lsof, fuser and lslocks do the same); without,
    nobody is disturbed at all, and what only a search can tell is undecidable.

    LockError if the path cannot be reached.
    """
    (seen,) = inspect_all([path], empty=empty, search=search)
    if isinstance(seen, LockError):
        raise seen
    return seen


def inspect_all(
    paths: Sequence[StrPath], *, empty: Optional[str] = None, search: bool = True
) -> list[Union[Inspection, LockError]]:
    """Many paths with one look at the machine; a LockError in place of one that is unreachable."""
    checked = [check_path(path) for path in paths]
    check_empty(empty)
    locks = kernel_locks if len(checked) == 1 else LockTable().of
    looks = [_look(path, locks) for path in checked]
    scene = _Scene(looks, empty_policy(empty), search=search)
    return [scene.inspect(path, seen) for path, seen in zip(checked, looks)]


def _look(path: str, locks: Callable[[Stat], list[LockLine]]) -> _Looked:
    try:
        return look(path, locks)
    except FileNotFoundError:
        return None
    except OSError as error:
        return from_os_error(error, "lstat", path)


def _nobody_has_it(seen: Look) -> bool:
    """A lease was granted: nobody has the file open."""
    return seen.known == LEASE


class _Scene:
    """What is known of the machine during one inspection."""

    def __init__(self, looks: Sequence[_Looked], empty: str, *, search: bool) -> None:
        self.empty = empty
        self.search = search
        # Only files that nobody has open need no search, and only of a file can that be known.
        wanted = [one.st for one in looks if isinstance(one, Look) and not _nobody_has_it(one)]
        openers = openers_of(wanted, nameless=True) if search else Openers()
        self.openers: dict[Optional[str], list[Opener]] = {}
        for opener in openers.found:
            self.openers.setdefault(opener.key, []).append(opener)
        self.processes = Processes()
        self.pids = PidTable()
        self.directories = Directories()
        self.view = View(openers.hidden)
        self.orphans = Orphans(self.openers.get(None, ()), self.processes)

    def inspect(self, path: str, seen: _Looked) -> Union[Inspection, LockError]:
        if isinstance(seen, LockError):
            return seen
        orphans = self.orphans.of(path)
        if seen is None:
            try:
                return free_answer(path, orphans)
            except LockError as error:
                return error
        failure = failure_of(path, seen)
        if failure is not None:
            return failure
        found = self.openers.get(inode_key(seen.st), [])
        complete = self.view.complete and self.search
        facts = Context(path, self.empty, self.pids, self.directories, found, complete)
        judged = judge(seen, facts)
        kernel = holders_of(seen.locks, found, self.processes)
        blind = not _nobody_has_it(seen) and all(one.role != "holds" for one in kernel)
        unseen = self.view.sentences(seen, len(found), searched=self.search) if blind else ()
        return answer(path, seen, judged, kernel, orphans=orphans, unseen=unseen)
