"""Breaking a lock: what is provably nobody's without asking, a held one only by force.

Force replaces in one step, so the name never vanishes while somebody else could create it, and the
former holder, if it is a lockbridge, learns at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Optional

from ._attempt import attempt, birth
from ._blocked import contention, describe, in_full
from ._flight import begin, descriptors, end
from ._held import give_back
from ._inspect.inspect import inspect
from ._inspect.look import look
from ._inspect.supervisor import held_by_supervisor
from ._lockfile import Held, Stale
from ._options import Options, StrPath, check_empty, check_path
from ._record import is_residue, parse_record
from ._replace import Judged, replace
from .errors import LockError, LockHeld, from_os_error, invalid

if TYPE_CHECKING:
    from ._inspect.types import Inspection

_ID = re.compile(r"[0-9a-f]+:[0-9a-f]+:[0-9]+@-?[0-9]+\.[0-9]{1,9}")


def break_lock(
    path: StrPath,
    *,
    force: bool = False,
    id: Optional[str] = None,
    empty: Optional[str] = None,
) -> Inspection:
    """Takes the lock from whoever has it and lets go: the path is free. Returns what was there.

    Without ``force`` a held lock is LockHeld. With ``id`` (of ``inspect``) it is that very lock or
    none: LockError ERR_LOCK_CHANGED. A lock that a live lockbridge or Helios supervisor holds is
    never broken: LockHeld.
    """
    name = check_path(path)
    check_empty(empty)
    if id is not None and not (isinstance(id, str) and _ID.fullmatch(id)):
        raise invalid("id", "as `lockbridge explain` shows it", id)
    before = inspect(name, empty=empty)
    if before.verdict != "free" or id is not None:
        options = Options(reason="lockbridge break", empty=empty)
        give_back(_take(name, before, options, force=force, expected=id))
    return before


def _take(
    path: str, before: Inspection, options: Options, *, force: bool, expected: Optional[str]
) -> Held:
    if expected is not None and before.id != expected:
        raise _changed(path, before)
    got = attempt(path, options)
    if isinstance(got, Held):
        return got
    # A taker adopts no directory: what is stale there is replaced.
    dead = before.verdict == "stale" and got.by != "kernel" and got.id == before.id
    if not force and not dead:
        raise contention("ERR_LOCK_HELD", [got])
    now = in_full([got], options.empty)[0]
    if held_by_supervisor(now):
        whose = "Helios" if now.protocol == "helios" else "lockbridge"
        raise LockHeld(
            "ERR_LOCK_HELD",
            f"not broken: a live {whose} supervisor holds it: {describe(now)}; "
            "end its operation instead",
            path=path,
            blockers=[now],
        )
    return _replace(path, now, got.id if dead else expected, options)


def _replace(path: str, seen: Inspection, expected: Optional[str], options: Options) -> Held:
    how = birth(options)
    begun = begin()
    try:
        held = replace(path, how, None if expected is None else _as_judged(seen, expected))
        descriptors.add(held.fd)
    except Stale:
        raise _changed(path, inspect(path, empty=options.empty)) from None
    except BlockingIOError:
        raise LockHeld(
            "ERR_LOCK_HELD",
            f"not broken: somebody locks its directory: {describe(seen)}",
            path=path,
            blockers=[seen],
        ) from None
    except OSError as error:
        raise from_os_error(error, "rename", path) from error
    finally:
        end(begun)
    held.record = how.record
    return held


def _as_judged(seen: Inspection, expected: str) -> Judged:
    """The file, if it still is the one that was judged, with the same record.

    Whoever adopts a file keeps its id. What is written after this look changes the mtime.
    """
    try:
        now = look(seen.path)
    except FileNotFoundError:
        raise Stale from None
    record = None if is_residue(now.content) else parse_record(now.content)
    if now.st.id != expected or record != seen.record:
        raise Stale
    return Judged(expected, now.st.mtime)


def _changed(path: str, now: Inspection) -> LockError:
    what = f"'{path}' is free" if now.verdict == "free" else describe(now)
    return LockError(
        "ERR_LOCK_CHANGED",
        f"not broken: that lock is gone, {what}; look again with `lockbridge explain {path}`",
        path=path,
        blockers=[now],
    )
