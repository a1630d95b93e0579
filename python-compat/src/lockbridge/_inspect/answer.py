"""From a judgement to the answer that people get: what inspecting and a taker's glance share."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Optional

from .._lockfile import split
from ..errors import LockError, from_os_error
from .actions import actions_for
from .service import service_of
from .since import milliseconds, since_of
from .types import Evidence, Holder, Inspection

if TYPE_CHECKING:
    from .look import Look
    from .verdict import Judgement

# Out of descriptors or memory is our failure, not a fact about the lock.
_OWN_FAILURES = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM))


def empty_policy(empty: Optional[str]) -> str:
    """What an empty unlocked file of unknown origin counts as: asked for, else LOCKBRIDGE_EMPTY."""
    if empty is not None:
        return empty
    return "free" if os.environ.get("LOCKBRIDGE_EMPTY") == "free" else "held"


def failure_of(path: str, look: Look) -> Optional[LockError]:
    """Why a look says nothing about the path; None if it does."""
    if look.open_error in _OWN_FAILURES:
        error = OSError(look.open_error, os.strerror(look.open_error), path)
        return from_os_error(error, "open", path)
    return None


def free_answer(path: str, orphans: tuple[Holder, ...] = ()) -> Inspection:
    """The answer for a path with nothing at it; LockError if its directory is not there either."""
    try:
        os.lstat(split(path)[0])
    except OSError as error:
        raise from_os_error(error, "lstat", path) from error
    nothing = Evidence("nothing", "nothing is at the path")
    seen = Inspection(path, "free", orphans=orphans, evidence=(nothing,))
    return replace(seen, actions=actions_for(seen))


def answer(
    path: str,
    look: Look,
    judged: Judgement,
    kernel: tuple[Holder, ...],
    *,
    orphans: tuple[Holder, ...] = (),
    unseen: tuple[str, ...] = (),
) -> Inspection:
    """The answer for what was judged; ``kernel``: who is behind its kernel locks."""
    holders = (*kernel, *judged.named)
    seen = Inspection(
        path=path,
        verdict=judged.verdict,
        by=judged.by,
        protocol=judged.protocol,
        certainty=judged.certainty,
        object=judged.object,
        id=look.st.id,
        holders=holders,
        orphans=orphans,
        record=judged.record,
        since=since_of(look.st, judged.record, judged.by, holders),
        changed=milliseconds(look.st.ctime),
        service=service_of(path),
        evidence=judged.evidence,
        unseen=unseen,
    )
    return replace(seen, actions=actions_for(seen))
