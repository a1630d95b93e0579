"""A command that runs while we hold, and the signals that are for it rather than for us.

Signals are blocked but while we wait for a lock, when they may end us because nothing is held, and
while the command runs, when they are passed on. So none comes between a lock and its release.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Optional

from ..errors import LockError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: A terminal sends its own to the command as well: those are the command's alone.
_FROM_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
_OURS = (*_FROM_THE_TERMINAL, *_PASSED_ON)
_HANDLED = (*_OURS, signal.SIGCHLD)


class Signals:
    """Blocks the signals that end programs; gives the old state back at the end."""

    def __enter__(self) -> Signals:  # noqa: PYI034 - Self is no Python 3.9
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
        self._before: dict[signal.Signals, Any] = {}
        self._child: Optional[int] = None
        self._early: list[int] = []
        return self

    def __exit__(self, *_: object) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        # Handlers go last: what came during a release was for a command that has ended.
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def may_end_us(self) -> Iterator[None]:
        """While nothing is held."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)

    @contextmanager
    def for_the_command(self) -> Iterator[None]:
        """From before the command is started (it inherits the mask) until it has ended."""
        for number in _HANDLED:
            before = signal.getsignal(number)
            if before is signal.SIG_IGN and number in _OURS:
                continue  # nohup: the command is to ignore it too
            self._before.setdefault(number, before)
            # A function rather than SIG_IGN, which the command would inherit.
            signal.signal(number, self._pass if number in _PASSED_ON else _leave)
        self._woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        others = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
            self._child = None
            signal.set_wakeup_fd(others)
            os.close(wake)
            os.close(self._woken)

    def started(self, pid: int) -> None:
        """The command runs: what came before it did is for it."""
        self._child = pid
        for number in self._early:
            os.kill(pid, number)

    def wait(self, pid: int) -> None:
        """Until the command has ended. It is not reaped: until then its number is its own, and no
        signal reaches anybody else.

        A blocking waitid(2) would sleep on a signal that came just before it: Python's handler runs
        only when the call returns. Each handled signal writes to the pipe, whenever it comes.
        """
        woken = select.poll()
        woken.register(self._woken, select.POLLIN)
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while os.waitid(os.P_PID, pid, options) is None:
            woken.poll()
            os.read(self._woken, 4096)

    def _pass(self, number: int, _frame: object) -> None:
        if self._child is None:
            self._early.append(number)
        else:
            os.kill(self._child, number)


def _leave(_number: int, _frame: object) -> None:
    """The command has got it too, and decides; or it was sent to wake us (SIGCHLD)."""


def execute(command: Sequence[str], fds: Sequence[int], signals: Signals) -> int:
    """Runs ``command`` with ``fds`` open in it. Its exit code, or 128 + the signal that killed it.

    LockError ERR_COMMAND if it cannot be executed.
    """
    with signals.for_the_command():
        try:
            child = subprocess.Popen(command, pass_fds=fds)
        except OSError as error:
            raise _cannot(command[0], error) from error
        signals.started(child.pid)
        signals.wait(child.pid)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _cannot(program: str, error: OSError) -> LockError:
    why = errno.errorcode.get(error.errno or 0, str(error))
    return LockError(
        "ERR_COMMAND",
        f"cannot execute '{program}': {why}; is it installed and on PATH?",
    )
