"""Every lock that this process holds: watched for loss, kept young for peers that judge by age,
released when the process exits, and forgotten in a forked child.

A lock that is let go at once costs an entry in a table. What outlives the next few milliseconds is
armed by the background thread. After SIGKILL the files stay, provably stale for the next taker.
"""

from __future__ import annotations

import atexit
import os
import warnings
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from . import _sweep
from ._care import care
from ._flight import begin, descriptors, end
from ._lockfile import Held, beat, split, still_names, write_record
from ._release import HANDED_OVER, LOST, release
from ._watches import MODIFY, NAME_EVENTS
from .errors import from_os_error

if TYPE_CHECKING:
    from collections.abc import Callable

_BEAT_SECONDS = 60.0

#: By descriptor. Who takes an entry out is the one who lets that lock go.
owned: dict[int, Held] = {}
_fresh: deque[Held] = deque()
_settling: list[Held] = []
_beating = False

# Where care.mutex is taken: between "it is still ours" and a call on its descriptor nobody may
# close it, as its number may be another file's by then.


def is_owned(held: Held) -> bool:
    """False once it is let go, and in a forked child."""
    return owned.get(held.fd) is held


def remember(held: Held, keeper: Callable[[], Any]) -> None:
    """Takes a new lock into care. ``keeper``: a weak reference to who has a ``_lose(held)``."""
    held.keeper = keeper
    owned[held.fd] = held
    _fresh.append(held)
    if not care.awake:
        try:
            care.nudge()
        except (OSError, RuntimeError) as error:  # no descriptor, no thread, or at the exit
            _warn(f"the loss of '{held.path}' will not be noticed: {error}")


def let_go(held: Held, *, collected: bool = False) -> bool:
    """Releases; its ``outcome`` says how. False: another thread or the parent process does that.

    ``collected``: in the middle of whatever this thread was doing, so the watch ends elsewhere.
    """
    with care.mutex:
        if owned.get(held.fd) is not held:
            return False
        del owned[held.fd]
    if held.watch is not None:
        if collected:
            care.call_later(0, held.watch.close)
        else:
            held.watch.close()
    begun = begin()
    try:
        descriptors.discard(held.fd)
        held.outcome = outcome = release(held)
    except OSError as error:
        held.outcome = LOST
        raise from_os_error(error, "release", held.path) from error
    finally:
        end(begun)
    if outcome == HANDED_OVER:
        _sweep.sweep_later(held.path)
    return True


def give_back(held: Held) -> None:
    """Releases what was taken for somebody who does not want it any more."""
    remember(held, lambda: None)
    let_go(held)


# --- on the background thread -------------------------------------------------------------------


def _settle() -> bool:
    """Arms what was taken before the last look and is still held; True while there is more."""
    while _settling:
        held = _settling.pop()
        if is_owned(held):
            _arm(held)
    for _ in range(len(_fresh)):
        _settling.append(_fresh.popleft())
    return bool(_settling)


care.settle = _settle


def _arm(held: Held) -> None:
    global _beating  # noqa: PLW0603 - one flag of the one background thread
    directory, name = split(held.path)

    def changed(seen: str, mask: int) -> None:
        if seen not in (name, ""):
            return
        if mask & NAME_EVENTS:
            _check_loss(held)
        elif mask & MODIFY:
            _restore(held)

    try:
        held.watch = care.subscribe(directory, changed, MODIFY)
    except OSError as error:
        if is_owned(held):
            _warn(f"the loss of '{held.path}' will not be noticed: {error}")
    _check_loss(held)  # it may have happened before the watch began
    _restore(held)
    if held.watch is not None and not is_owned(held):  # let go meanwhile
        held.watch.close()
    if not _beating:
        _beating = True
        care.call_later(_BEAT_SECONDS, _renew)


def _warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)


def _check_loss(held: Held) -> None:
    with care.mutex:
        if not is_owned(held) or held.lost is not None:
            return
        try:
            if still_names(held):
                return
        except OSError:
            return  # it cannot be known
        held.lost = "replaced" if os.path.lexists(held.path) else "removed"
    if held.watch is not None:
        held.watch.close()
    keeper = held.keeper()
    if keeper is not None:
        keeper._lose(held)


def _restore(held: Held) -> None:
    """filelock up to 3.29 truncates a file before it finds that it is locked."""
    with care.mutex, suppress(OSError):
        if is_owned(held) and os.pread(held.fd, len(held.record) + 1, 0) != held.record:
            write_record(held.fd, held.record)
            beat(held.fd)


def _renew() -> None:
    global _beating  # noqa: PLW0603 - as in _arm
    for held in list(owned.values()):
        with care.mutex, suppress(OSError):
            if is_owned(held):
                beat(held.fd)
    _beating = bool(owned)
    if _beating:
        care.call_later(_BEAT_SECONDS, _renew)


# --- the ends of a process ----------------------------------------------------------------------


def _release_everything() -> None:
    for held in list(owned.values()):
        with suppress(Exception):  # the next one is to be released all the same
            let_go(held)
    _sweep.sweep_now()


atexit.register(_release_everything)


def after_fork_in_child() -> None:
    """Forgets the parent's locks."""
    global _beating  # noqa: PLW0603 - begun anew
    for held in owned.values():
        held.outcome = LOST
    owned.clear()
    _fresh.clear()
    _settling.clear()
    _beating = False
