"""Directories under inotify(7): one descriptor for the process, any number of listeners.

Thread-safe. It neither polls nor starts a thread: whoever owns it reads when the descriptor is
readable. Listeners are called without the mutex, so they may subscribe and close.
"""

from __future__ import annotations

import os
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Optional

from . import _system

if TYPE_CHECKING:
    from collections.abc import Callable

MODIFY, CLOSE, MOVED_FROM, MOVED_TO = 0x2, 0x18, 0x40, 0x80
CREATE, DELETE, DELETE_SELF, MOVE_SELF = 0x100, 0x200, 0x400, 0x800
UNMOUNT, OVERFLOW, IGNORED = 0x2000, 0x4000, 0x8000
_ONLYDIR, _MASK_ADD = 0x01000000, 0x20000000

#: Whatever may change what a name in the directory stands for, lost events included.
NAME_EVENTS = (
    CREATE | DELETE | MOVED_FROM | MOVED_TO | DELETE_SELF | MOVE_SELF | UNMOUNT | IGNORED | OVERFLOW
)
_NAMES = CREATE | DELETE | MOVED_FROM | MOVED_TO | DELETE_SELF | MOVE_SELF
_HEADER = struct.Struct("iIII")

if TYPE_CHECKING:
    #: Called with a name ('' for the directory itself and for lost events) and the event bits.
    Listener = Callable[[str, int], None]


class Watch:
    """A subscription. ``close()`` is idempotent."""

    def __init__(self, owner: Watches, wd: int, listener: Listener, also: int) -> None:
        self._owner = owner
        self.wd = wd
        self.listener = listener
        self.also = also

    def close(self) -> None:
        self._owner.remove(self)


class _Directory:
    def __init__(self, path: str) -> None:
        self.path = path
        self.watches: list[Watch] = []

    def also(self) -> int:
        """What somebody here wants to know beside the names."""
        out = 0
        for watch in self.watches:
            out |= watch.also
        return out


class Watches:
    """The inotify descriptor and who listens to what."""

    def __init__(self, mutex: threading.RLock, opened: Callable[[int], None]) -> None:
        """``opened`` is told the descriptor once there is one."""
        self.mutex = mutex
        self.fd = -1
        self._opened = opened
        self._directories: dict[int, _Directory] = {}
        # One that nobody listens to any more. To remove a watch is an event, and would wake who
        # reads it while somebody returns with a lock: left until that one is awake anyway.
        self._retired = -1

    def subscribe(self, directory: str, listener: Listener, also: int = 0) -> Watch:
        """Calls ``listener`` for changes of names in a directory from now on, and for ``also``.

        OSError as inotify_add_watch(2): ENOSPC and EMFILE are its user's limits.
        """
        with self.mutex:
            if self.fd == -1:
                self.fd = _system.inotify_init()
                self._opened(self.fd)
            self._remove_retired()
            # Widens an existing watch instead of replacing its mask.
            mask = _NAMES | _ONLYDIR | _MASK_ADD | also
            wd = _system.inotify_add(self.fd, directory, mask)
            watch = Watch(self, wd, listener, also)
            self._directories.setdefault(wd, _Directory(os.path.abspath(directory)))
            self._directories[wd].watches.append(watch)
            return watch

    def remove(self, watch: Watch) -> None:
        with self.mutex:
            found = self._directories.get(watch.wd)
            if found is None or watch not in found.watches:
                return
            found.watches.remove(watch)
            if not found.watches:
                del self._directories[watch.wd]
                self._remove_retired()
                self._retired = watch.wd
                return
            also = found.also()
            if CLOSE & watch.also & ~also:
                with suppress(OSError):  # gone: an event says so
                    _system.inotify_add(self.fd, found.path, _NAMES | _ONLYDIR | also)

    def _remove_retired(self) -> None:
        wd, self._retired = self._retired, -1
        if wd != -1:
            _system.inotify_remove(self.fd, wd)

    def read(self) -> None:
        """Takes the events that are there and calls the listeners."""
        events = self._events()
        if events:
            with self.mutex:
                self._remove_retired()
        for wd, mask, name in events:
            with self.mutex:
                heard = self._listening(None if mask & OVERFLOW else wd)
            for watch in heard:
                watch.listener(name, mask)

    def _listening(self, wd: Optional[int]) -> list[Watch]:
        if wd is None:
            return [watch for found in self._directories.values() for watch in found.watches]
        found = self._directories.get(wd)
        return [] if found is None else list(found.watches)

    def _events(self) -> list[tuple[int, int, str]]:
        try:
            raw = os.read(self.fd, 16384)
        except BlockingIOError:
            return []
        out = []
        at = 0
        while at < len(raw):
            wd, mask, _, length = _HEADER.unpack_from(raw, at)
            at += _HEADER.size
            out.append((wd, mask, os.fsdecode(raw[at : at + length].rstrip(b"\0"))))
            at += length
        return out
