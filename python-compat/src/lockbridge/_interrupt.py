"""Ending a blocking system call of another thread: a signal without SA_RESTART, until it answers.

The signal is a realtime one that nobody handles yet. Its handler is a C function without effect:
a Python handler would run on the main thread, which may be the one that waits.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from typing import TYPE_CHECKING, Optional

from ._care import care
from ._system import libc
from .errors import LockError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_AGAIN_SECONDS = 0.001
_chosen = 0


def cancel_signal() -> int:
    """The signal, prepared; LockError if every realtime signal is taken by the application."""
    global _chosen  # noqa: PLW0603 - a disposition belongs to the whole process
    with care.mutex:
        if _chosen == 0:
            _chosen = _choose()
        return _chosen


def _choose() -> int:
    install = libc.signal
    install.restype = ctypes.c_void_p
    install.argtypes = (ctypes.c_int, ctypes.c_void_p)
    for number in range(signal.SIGRTMAX - 2, signal.SIGRTMIN + 2, -1):
        if not _is_default(number):
            continue
        # abs(3) takes an int and does nothing, as a handler should here.
        install(number, ctypes.cast(libc.abs, ctypes.c_void_p))
        libc.siginterrupt(number, 1)
        return number
    raise LockError(
        "ERR_LOCK_SYSTEM", "cannot wait for a lock: every realtime signal has a handler already"
    )


def _is_default(number: int) -> bool:
    """sigaction(2) knows of handlers that were not installed by Python."""
    now = ctypes.create_string_buffer(256)
    if libc.sigaction(number, None, now) != 0:
        return False
    handler = ctypes.c_void_p.from_buffer(now).value  # the first member, by POSIX or by habit
    return handler is None and signal.getsignal(number) in (signal.SIG_DFL, None)


class Interruptible:
    """A stretch of the calling thread whose system calls ``interrupt`` ends with EINTR."""

    def __init__(self) -> None:
        self.interrupted = False
        self._finished = False
        self._thread = threading.get_ident()
        self._signal = cancel_signal()
        self._was_blocked = False
        # While a sender has it, the thread cannot leave: its number is valid.
        self._mutex = threading.Lock()

    def __enter__(self) -> Self:
        before = signal.pthread_sigmask(signal.SIG_UNBLOCK, [self._signal])
        self._was_blocked = self._signal in before
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._finished = True
        if self.interrupted:
            with self._mutex:
                pass  # nobody is about to send any more
        if self._was_blocked:
            signal.pthread_sigmask(signal.SIG_BLOCK, [self._signal])

    def interrupt(self) -> None:
        """From any thread. Returns at once."""
        self.interrupted = True
        care.call_later(0, self._send)

    def _send(self) -> None:
        with self._mutex:
            if self._finished:
                return
            signal.pthread_kill(self._thread, self._signal)
        # One that arrives between the thread's look and its system call is lost: again.
        care.call_later(_AGAIN_SECONDS, self._send)
