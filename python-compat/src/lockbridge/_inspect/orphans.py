"""Orphans: a process that holds a kernel lock on a file which has lost its name.

It believes that it holds the path and protects nothing, and whoever looks at the path cannot see
it. Its descriptor still tells where the file was.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .._lockfile import split
from .holders import holders_of
from .mounts import Mount, Place, mounts_of, place_of, place_through

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .process import Processes
    from .procfs import Opener
    from .types import Holder

_DELETED = " (deleted)"


class Orphans:
    """The nameless locked files of one inspection, by the place that they had."""

    def __init__(self, openers: Iterable[Opener], processes: Processes) -> None:
        self._processes = processes
        self._by_place: dict[Place, list[Opener]] = {}
        mounts: dict[int, list[Mount]] = {}
        for opener in openers:
            if not opener.link.endswith(_DELETED):
                continue
            path = opener.link[: -len(_DELETED)]
            # A file that was born without a name (a lockbridge lock) shows as its number in its
            # directory; lockbridge keeps the name that it gave it beside the content.
            if opener.born is not None:
                path = path[: path.rfind("/") + 1] + opener.born
            if opener.pid not in mounts:
                mounts[opener.pid] = mounts_of(opener.pid)
            mount = next((one for one in mounts[opener.pid] if one.id == opener.mount), None)
            place = None if mount is None else place_through(mount, path)
            if place is not None:
                self._by_place.setdefault(place, []).append(opener)

    def of(self, path: str) -> tuple[Holder, ...]:
        """Who holds a lock on a file that was once at ``path``."""
        if not self._by_place:
            return ()
        directory, name = split(path)
        place = place_of(directory)
        if place is None:
            return ()
        at = Place(place.device, os.path.join(place.path, name))
        return holders_of((), self._by_place.get(at, ()), self._processes)
