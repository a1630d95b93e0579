"""What a fork means for locks: they stay the parent's.

A fork waits for the moments in which another thread opens a descriptor, and takes the mutex, so
that the child gets no half-made state. In the child, every inherited descriptor of a lock, of a
wait and of the background thread is closed, which takes nothing from the parent: a kernel lock goes
with the last copy.

Not covered: a fork that Python does not know of (in C). Its child keeps the locks alive until it
ends or executes a program.
"""

from __future__ import annotations

import os

from . import _flight, _held, _sweep
from ._care import care


def _before() -> None:
    _flight.before_fork()
    care.before_fork()


def _in_parent() -> None:
    care.after_fork_in_parent()
    _flight.after_fork_in_parent()


def _in_child() -> None:
    care.after_fork_in_child()
    _held.after_fork_in_child()
    _sweep.forget_sweeps()
    _flight.after_fork_in_child()


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
