"""Sweeping the residue of our own hand-overs.

A file that stayed because somebody had it open must not block the existence lockers for good once
that somebody (a flock(1), or only a ``cat``) is done with it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Optional

from ._care import Timer, care
from ._flight import begin, end
from ._lockfile import split
from ._release import sweep
from ._watches import CLOSE

if TYPE_CHECKING:
    from ._watches import Watch

_FIRST_SECONDS = 0.001
_SLOWEST_SECONDS = 5.0

_sweeping: dict[str, _Sweeping] = {}


def sweep_later(path: str) -> None:
    """Removes the residue at ``path`` as soon as nobody uses it; gives up when it is no residue."""
    if path not in _sweeping:
        _sweeping[path] = entry = _Sweeping(path)
        with suppress(OSError, RuntimeError):  # no thread to be had: the exit sweeps
            entry.schedule()


def sweep_now() -> None:
    """One last try for everything that is still to be swept; for the exit of the process."""
    for path in list(_sweeping):
        with suppress(OSError):
            sweep(path)


def forget_sweeps() -> None:
    """In a forked child: they are the parent's to do."""
    _sweeping.clear()


class _Sweeping:
    """One residue. All but the first call happens on the background thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._delay = _FIRST_SECONDS
        # Our own looks open and close the file too: so many close events are to be passed over.
        self._own_closes = 0
        self._timer: Optional[Timer] = None
        self._watch: Optional[Watch] = None

    def schedule(self) -> None:
        self._timer = care.call_later(self._delay, self._attempt)
        self._delay = min(self._delay * 2, _SLOWEST_SECONDS)

    def _attempt(self) -> None:
        begun = begin()
        try:
            done = sweep(self._path)
        except OSError:
            done = False  # not permitted now, or no descriptor left
        finally:
            end(begun)
        if done:
            if self._watch is not None:
                self._watch.close()
            _sweeping.pop(self._path, None)
            return
        if self._watch is None:
            self._begin_watch()
        else:
            self._own_closes += 1
        self.schedule()

    def _begin_watch(self) -> None:
        """Closing is when an opener lets go; the timer is for filesystems that lose events."""
        directory, name = split(self._path)

        def changed(seen: str, mask: int) -> None:
            if seen != name or not mask & CLOSE:
                return
            if self._own_closes > 0:
                self._own_closes -= 1
                return
            self._delay = _FIRST_SECONDS
            if self._timer is not None:
                self._timer.cancel()
            self.schedule()

        with suppress(OSError):  # no watch to be had: the timer alone
            self._watch = care.subscribe(directory, changed, CLOSE)
