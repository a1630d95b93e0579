"""One try, without waiting: create the file born locked; if the name is taken, judge what is there,
and adopt it if it is provably nobody's.
"""

from __future__ import annotations

import dataclasses
import errno
from typing import TYPE_CHECKING, Optional, Union

from ._adopt import adopt_commit, adopt_lock, adopt_open
from ._create import create
from ._flight import begin, descriptors, end
from ._inspect.glance import glance, judge_held
from ._inspect.types import Evidence, Inspection
from ._lockfile import Birth, Held, Stale
from ._record import make_record
from .errors import from_os_error

if TYPE_CHECKING:
    from ._claim import Claim
    from ._options import Options

_NOT_PERMITTED = frozenset((errno.EACCES, errno.EPERM))

#: What ``adopt`` says when it has no answer: look again, or wait for the other kind of lock.
CHANGED = "changed"
LOCKED = "locked"


def birth(options: Options) -> Birth:
    """What a file taken with these options is to be."""
    return Birth(make_record(options.reason), options.mode, options.owner)


def attempt(path: str, options: Options) -> Union[Held, Inspection]:
    """A lock, or who is in the way. LockError if the path cannot be locked at all."""
    how = birth(options)
    begun = begin()
    try:
        got: Union[Held, Inspection, None] = _create(path, how)
        if got is None:
            got = take_over(path, options, how)
        if isinstance(got, Held):
            descriptors.add(got.fd)
        return got
    finally:
        end(begun)


def _create(path: str, how: Birth) -> Optional[Held]:
    try:
        held = create(path, how)
    except (FileExistsError, BlockingIOError):
        return None
    except OSError as error:
        raise from_os_error(error, "open", path) from error
    held.record = how.record
    return held


def take_over(path: str, options: Options, how: Birth) -> Union[Held, Inspection]:
    """Judges the file at ``path`` and adopts it, as often as it changes under our eyes."""
    while True:
        seen = glance(path, options.empty)
        # Stale by an earlier boot, but no file that could be adopted: only a breaker removes it.
        other = seen.object not in (None, "file")
        if seen.verdict == "held" or other:
            return seen
        if seen.verdict == "free":
            made = _create(path, how)
            if made is not None:
                return made
            continue
        try:
            candidate = adopt_open(path)
        except (Stale, BlockingIOError):
            continue
        except OSError as error:
            # Nobody's, but not ours to write: it blocks us until its owner or a sweeper removes it.
            if error.errno in _NOT_PERMITTED:
                return _not_ours(seen)
            raise from_os_error(error, "open", path) from error
        got: Union[Held, Inspection, str, None] = None
        try:
            got = adopt(candidate, options)
        finally:
            if got is not candidate:
                candidate.close()
        # A lock that only its refusal shows: just taken, or by a process outside our namespace.
        if got == LOCKED:
            return _refused(seen)
        if not isinstance(got, str):
            return got


def adopt(
    candidate: Held, options: Options, claim: Optional[Claim] = None
) -> Union[Held, Inspection, str]:
    """Locks an open candidate, judges once more under the lock, and makes it ours.

    With ``claim`` its flock is ours already. Returns it, or who is in the way, or CHANGED, or
    LOCKED: then it is the caller's to close.
    """
    path = candidate.path
    syscall = "flock"
    try:
        if claim is not None and claim.take():
            return candidate
        adopt_lock(candidate)
        syscall = "write"
        judged = judge_held(path, candidate.fd, options.empty)
        if judged.verdict == "held":
            return judged
        how = birth(options)
        adopt_commit(candidate, how)
        candidate.record = how.record
    except Stale:
        return CHANGED
    except BlockingIOError:
        return LOCKED
    except OSError as error:
        raise from_os_error(error, syscall, path) from error
    return candidate


def _with(seen: Inspection, kind: str, text: str) -> tuple[Evidence, ...]:
    return (*seen.evidence, Evidence(kind, text))


def _refused(seen: Inspection) -> Inspection:
    text = "its kernel lock was refused to us, although none shows: its holder is not visible here"
    evidence = _with(seen, "refused", text)
    return dataclasses.replace(seen, verdict="held", by="kernel", evidence=evidence)


def _not_ours(seen: Inspection) -> Inspection:
    text = "this user may not write to it; its owner, root or `lockbridge break` can take it"
    return dataclasses.replace(seen, evidence=_with(seen, "permission", text))
