"""The names of an inode in its directory, found in one pass for all of its files.

Never follows: lstat only. Bounded: of a larger directory the first names are seen. Names are read
at once and looked at only as far as an answer needs. Valid for one inspection; the directory goes
on changing.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import Optional, Union

from .._lockfile import split

_LIMIT = 20_000


def read_names(directory: Union[str, int], limit: int) -> list[str]:
    """The first names in an open directory, or in one that is the caller's business to follow."""
    with os.scandir(directory) as entries:
        return [entry.name for entry in islice(entries, limit)]


def _inode(path: str) -> Optional[tuple[int, int]]:
    try:
        st = os.lstat(path)
    except OSError:
        return None
    return st.st_dev, st.st_ino


class _Pass:
    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._names = read_names(directory, _LIMIT)
        self._by_inode: dict[tuple[int, int], list[str]] = {}
        self._next = 0

    def of(self, inode: tuple[int, int], nlink: int) -> list[str]:
        """The names of an inode of ``nlink`` links; goes on with the pass until it has them all."""
        while True:
            found = self._by_inode.get(inode, [])
            if len(found) >= nlink or self._next >= len(self._names):
                return found
            name = self._names[self._next]
            self._next += 1
            seen = _inode(os.path.join(self._directory, name))
            if seen is not None:
                self._by_inode.setdefault(seen, []).append(name)


class Directories:
    """Directories as one inspection has seen them."""

    def __init__(self) -> None:
        self._passes: dict[str, Optional[_Pass]] = {}

    def other_links(self, path: str, ino: int, nlink: int) -> list[str]:
        """The other names of the inode that ``path`` still names; none if it cannot be told."""
        if nlink < 2:
            return []
        own = _inode(path)
        if own is None or own[1] != ino:
            return []
        directory, base = split(path)
        seen = self._pass(directory)
        return [] if seen is None else [name for name in seen.of(own, nlink) if name != base]

    def _pass(self, directory: str) -> Optional[_Pass]:
        if directory not in self._passes:
            try:
                self._passes[directory] = _Pass(directory)
            except OSError:
                self._passes[directory] = None  # not ours to read
        return self._passes[directory]
