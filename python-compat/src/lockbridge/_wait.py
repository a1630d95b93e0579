"""Waiting for a lock to change, on events.

A kernel lock: a blocking flock in the calling thread. An existence lock: inotify on the directory,
with a slow poll behind it for filesystems that lose events. Both end at a time or when cancelled,
and leave nothing behind.
"""

from __future__ import annotations

import errno
import threading
import time
from typing import TYPE_CHECKING, Optional, Union

from . import _system
from ._adopt import adopt_lock, adopt_open
from ._attempt import LOCKED, adopt
from ._care import care
from ._claim import Claim
from ._flight import begin, descriptors, end
from ._inspect.since import milliseconds
from ._interrupt import Interruptible
from ._lockfile import Held, Stale, split
from ._watches import NAME_EVENTS
from .errors import LockError, from_os_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._inspect.types import Inspection
    from ._options import Options

_SLOW_POLL_SECONDS = 1.0
# threading's longest wait; a longer one is as good as for ever.
_LONGEST_SECONDS = threading.TIMEOUT_MAX


def _nothing() -> None:
    pass


class Stop:
    """When a wait is to end: at a time, or when somebody cancels it."""

    def __init__(self, timeout: Optional[float]) -> None:
        forever = timeout is None or timeout > _LONGEST_SECONDS
        self._at = None if forever or timeout is None else time.monotonic() + timeout
        self.cancelled = False
        self.wake: Callable[[], None] = _nothing

    def remaining(self) -> Optional[float]:
        """Seconds, 0 at the least; None: for ever."""
        return None if self._at is None else max(0.0, self._at - time.monotonic())

    @property
    def stopped(self) -> bool:
        return self.cancelled or self.remaining() == 0

    def cancel(self) -> None:
        """From any thread."""
        self.cancelled = True
        self.wake()


class PathWait:
    """Watches one path for as long as somebody waits for it. Close it."""

    def __init__(self, path: str, stop: Stop) -> None:
        self._path = path
        self._stop = stop
        self._changed = threading.Event()
        self._interrupt: Callable[[], None] = _nothing
        self._record_next = False
        directory, self._name = split(path)
        try:
            self._watch = care.subscribe(directory, self._heard)
        except OSError as error:
            raise _unwatchable(error, directory) from error
        except RuntimeError as error:
            text = f"cannot wait for '{path}': no thread to be had ({error})"
            raise LockError("ERR_LOCK_SYSTEM", text, path=path) from error
        stop.wake = self._signal

    def close(self) -> None:
        self._stop.wake = _nothing
        self._watch.close()

    def _heard(self, name: str, mask: int) -> None:
        if name in (self._name, "") and mask & NAME_EVENTS:
            self._signal()

    def _signal(self) -> None:
        self._changed.set()
        self._interrupt()

    def unchanged(self, blocker: Inspection) -> bool:
        """Whether the path still is the very inode that was judged, as it was."""
        try:
            st = _system.stat_name(self._path)
        except OSError:
            return False
        return st.id == blocker.id and milliseconds(st.ctime) == blocker.changed

    def change(self, blocker: Inspection, take: Optional[Options]) -> Union[Held, Inspection, None]:
        """Returns when what ``blocker`` describes may have changed, or at the end of the wait.

        With ``take``, a kernel lock that was waited for is kept and the file adopted if it may be:
        then that lock is the result. An inspection: who is in the way under our own lock.
        """
        if blocker.by == "kernel":
            try:
                candidate = self._open()
            except Stale:
                return None  # another file already
            except OSError:
                pass  # not permitted to write to it: events and the slow poll must do
            else:
                return self._kernel(candidate, take)
        self._sleep()
        return None

    def _open(self) -> Held:
        begun = begin()
        try:
            candidate = adopt_open(self._path)
            descriptors.add(candidate.fd)
            return candidate
        finally:
            end(begun)

    def _sleep(self) -> None:
        remaining = self._stop.remaining()
        pause = _SLOW_POLL_SECONDS if remaining is None else min(_SLOW_POLL_SECONDS, remaining)
        if not self._stop.cancelled:
            self._changed.wait(pause)
        self._changed.clear()

    def _kernel(self, candidate: Held, take: Optional[Options]) -> Union[Held, Inspection, None]:
        got: Union[Held, Inspection, str, None] = None
        try:
            claim = self._claim(candidate, take)
            granted = self._block(candidate)
            self._changed.clear()
            # Though called off: a holder that saw us wait has left the name to us, and may be gone.
            if granted:
                got = self._use(candidate, take, claim)
        finally:
            if got is not candidate:
                descriptors.discard(candidate.fd)
                candidate.close()
        return None if isinstance(got, str) else got

    def _claim(self, candidate: Held, take: Optional[Options]) -> Optional[Claim]:
        if take is None or self._record_next:
            return None
        try:
            return Claim(candidate, take)
        except (OSError, LockError):
            return None  # whoever has the lock will see it too, and is told

    def _use(
        self, candidate: Held, take: Optional[Options], claim: Optional[Claim]
    ) -> Union[Held, Inspection, str, None]:
        if take is None:
            self._look(candidate)
            return None
        got = adopt(candidate, take, claim)
        if got == LOCKED:
            self._other_kind()
        return got

    def _look(self, candidate: Held) -> None:
        try:
            adopt_lock(candidate)
        except BlockingIOError:
            self._other_kind()
        except (Stale, OSError):
            pass  # another file, or no such lock here: the next look says so

    def _other_kind(self) -> None:
        """The other family's lock is in the way: wait for that one next."""
        self._record_next = not self._record_next

    def _block(self, candidate: Held) -> bool:
        """True once granted; a change of the name or the end of the wait ends it."""
        wait = _system.wait_for_record_lock if self._record_next else _system.wait_for_flock
        remaining = self._stop.remaining()
        with Interruptible() as block:
            timer = None if remaining is None else care.call_later(remaining, block.interrupt)
            self._interrupt = block.interrupt
            try:
                # What came before there was somebody to interrupt.
                if self._changed.is_set() or self._stop.stopped:
                    return False
                while not block.interrupted:
                    try:
                        wait(candidate.fd)
                    except InterruptedError:
                        continue  # Python's own handlers run here: a KeyboardInterrupt leaves
                    except OSError as error:
                        raise from_os_error(error, "flock", self._path) from error
                    return True
                return False
            finally:
                self._interrupt = _nothing
                if timer is not None:
                    timer.cancel()


_SPENT = {
    errno.ENOSPC: "fs.inotify.max_user_watches",
    errno.EMFILE: "fs.inotify.max_user_instances",
}


def _unwatchable(error: OSError, directory: str) -> LockError:
    """inotify(7) uses two error numbers that mean something else everywhere else."""
    limit = _SPENT.get(error.errno or 0)
    if limit is not None:
        code = "ERR_LOCK_SYSTEM"
        why = f"this user's inotify limit is used up; raise sysctl {limit}"
    elif isinstance(error, (FileNotFoundError, NotADirectoryError)):
        code = "ERR_LOCK_PATH"
        why = "there is no such directory; create it first"
    else:
        return from_os_error(error, "inotify_add_watch", directory)
    return LockError(
        code,
        f"cannot watch '{directory}': {why}",
        path=directory,
        errno=error.errno,
        syscall="inotify_add_watch",
    )
