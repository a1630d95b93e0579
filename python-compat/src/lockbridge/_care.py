"""The one background thread of this process: events of directories, timers, and fresh locks.

Made on first need, it keeps no process alive, takes no signal, and sleeps without a timeout when
there is nothing to do. A lock that is let go at once costs it nothing: it is woken once for a burst
of locks, looks every few milliseconds while they keep coming, and goes back to sleep. The first of
these looks is left to a timer of the kernel: to wake the thread and send it back to sleep took
longer than all the rest of what returns with a lock.

In a forked child there is no such thread: everything is begun anew when it is needed.
"""

from __future__ import annotations

import math
import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Optional

from . import _system
from ._watches import Watch, Watches

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._watches import Listener

# How long a fresh lock is left alone: at first, and at most while locks keep coming.
_SETTLE_SECONDS = 0.002
_SETTLE_SLOWEST_SECONDS = 0.016
_SETTLE_SPEC = _system.timer_spec(_SETTLE_SECONDS)


class Timer:
    """A call that is due at a monotonic time; ``cancel()`` is idempotent."""

    def __init__(self, timers: dict[Timer, None], due: float, call: Callable[[], None]) -> None:
        self._timers = timers
        self.due = due
        self.call = call
        timers[self] = None

    def cancel(self) -> None:
        self._timers.pop(self, None)


class Care:
    """The thread and what it waits for."""

    #: Called a moment after ``nudge``, and again while it says True.
    settle: Callable[[], bool]

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        # One for all that locks share, and re-entrant: a lock that is collected as garbage is let
        # go in whatever thread and whatever line that happens.
        self.mutex = threading.RLock()
        self.watches = Watches(self.mutex, self._watch_opened)
        self.awake = False
        self._settle_timer = -1
        self._settle_pause = _SETTLE_SECONDS
        self._timers: dict[Timer, None] = {}
        self._thread: Optional[threading.Thread] = None
        self._wake_read = self._wake_write = -1
        self._poller = select.poll()
        self._application_mask: set[int] = set()

    # --- for every thread ---------------------------------------------------------------------

    def subscribe(self, directory: str, listener: Listener, also: int = 0) -> Watch:
        """As ``Watches.subscribe``; the listener is called on the background thread."""
        self._ensure_thread()
        return self.watches.subscribe(directory, listener, also)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Calls on the background thread after that time. OSError, RuntimeError: no thread."""
        self._ensure_thread()
        timer = Timer(self._timers, time.monotonic() + seconds, call)
        self._wake()
        return timer

    def nudge(self) -> None:
        """``settle`` is to be called soon: if ``awake``, it will be. Errors as ``call_later``."""
        self._ensure_thread()
        self.awake = True
        _system.timer_set(self._settle_timer, _SETTLE_SPEC)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # full: it will wake
            os.write(self._wake_write, b"1")

    def _watch_opened(self, fd: int) -> None:
        self._poller.register(fd, select.POLLIN)
        self._wake()  # a poll under way does not know it yet

    def _ensure_thread(self) -> None:
        if self._thread is not None:
            return
        with self.mutex:
            if self._thread is not None:
                return
            if self._settle_timer == -1:
                self._settle_timer = _system.timer_create()
                self._poller.register(self._settle_timer, select.POLLIN)
            if self._wake_write == -1:
                self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
                self._poller.register(self._wake_read, select.POLLIN)
            self._thread = threading.Thread(target=self._loop, name="lockbridge", daemon=True)
        # The application's signals go to its own threads: a Ctrl-C must interrupt those.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self._application_mask = before
        try:
            self._thread.start()
        except RuntimeError:  # no thread to be had: the next one tries again
            self._thread = None
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def as_application(self, call: Callable[[], object]) -> None:
        """A callback of the application, from the background thread.

        With the signals that were unblocked where the thread was started: a program that the
        callback runs inherits them, and is to be ended by a SIGTERM.
        """
        before = signal.pthread_sigmask(signal.SIG_SETMASK, self._application_mask)
        try:
            call()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    # --- the thread -----------------------------------------------------------------------------

    def _loop(self) -> None:
        poller = self._poller
        while True:
            poller.poll(self._pause())
            with suppress(BlockingIOError):
                os.read(self._wake_read, 4096)
            if self.watches.fd != -1:
                self._guarded(self.watches.read)
            self._run_timers()
            self._settle_fresh()

    def _pause(self) -> Optional[int]:
        """Milliseconds until the next thing is due; None: until an event."""
        due = min([timer.due for timer in list(self._timers)], default=math.inf)
        if due == math.inf:
            return None
        return max(0, math.ceil((due - time.monotonic()) * 1000))

    def _run_timers(self) -> None:
        now = time.monotonic()
        for timer in list(self._timers):
            if timer.due <= now and timer in self._timers:
                timer.cancel()
                self._guarded(timer.call)

    def _settle_fresh(self) -> None:
        try:
            os.read(self._settle_timer, 8)
        except BlockingIOError:
            return  # not yet
        # First the flag, then the look: who comes in between sets the timer again.
        self.awake = False
        self._guarded(self._settle_once)
        if self.awake:
            self._settle_pause = min(2 * self._settle_pause, _SETTLE_SLOWEST_SECONDS)
            _system.timer_set(self._settle_timer, _system.timer_spec(self._settle_pause))
        else:
            self._settle_pause = _SETTLE_SECONDS

    def _settle_once(self) -> None:
        if self.settle():
            self.awake = True

    def _guarded(self, call: Callable[[], None]) -> None:
        """An error in a callback of the application must not end the care of its locks."""
        try:
            call()
        except Exception:
            arguments = threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread()))
            threading.excepthook(arguments)

    # --- fork -----------------------------------------------------------------------------------

    def before_fork(self) -> None:
        self.mutex.acquire()

    def after_fork_in_parent(self) -> None:
        self.mutex.release()

    def after_fork_in_child(self) -> None:
        """The descriptors are the parent's too: closing them here takes nothing from it."""
        for fd in (self.watches.fd, self._settle_timer, self._wake_read, self._wake_write):
            if fd != -1:
                os.close(fd)
        self._begin()


care = Care()
