"""The descriptors that a forked child must not keep, and the moments in which no fork may happen.

Between the system call that opens a descriptor and its entry in ``descriptors``, another thread
could fork: its child would keep a kernel lock that nobody in it knows of. So whoever opens one says
``begin`` before and ``end`` after, which never waits for anybody but a fork under way; a fork waits
until all that is under way has ended. Nothing between the two waits for somebody else's lock.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from threading import get_ident

#: Descriptors of locks and of waits.
descriptors: set[int] = set()

_flying: dict[int, None] = {}  # threads between begin and end
_forking = False
_gate = threading.Lock()  # held while a fork is under way
_landed = threading.Event()


def begin() -> bool:
    """Holds forks of other threads back. Give the answer to ``end``."""
    me = get_ident()
    if me in _flying:
        return False  # a lock that is collected as garbage in the middle of another call
    while True:
        # First the entry, then the look, as a fork does it the other way round.
        _flying[me] = None
        if not _forking:
            return True
        end(True)
        with _gate:
            pass


def end(begun: bool) -> None:
    if begun:
        del _flying[get_ident()]
        if _forking:
            _landed.set()


def before_fork() -> None:
    global _forking  # noqa: PLW0603 - one for the process
    _gate.acquire()
    _forking = True
    me = get_ident()
    while any(thread != me for thread in list(_flying)):
        _landed.wait()
        _landed.clear()


def after_fork_in_parent() -> None:
    global _forking  # noqa: PLW0603 - as in before_fork
    _forking = False
    _gate.release()


def after_fork_in_child() -> None:
    """Closes the parent's descriptors. That takes nothing from it: a lock goes with its last."""
    global _forking, _gate, _landed  # noqa: PLW0603 - begun anew
    _forking = False
    _gate = threading.Lock()
    _landed = threading.Event()
    _flying.clear()
    for fd in descriptors:
        with suppress(OSError):
            os.close(fd)
    descriptors.clear()
