"""Mounts (proc(5), mountinfo): where a path really is, as filesystem and place in it.

So one directory under two names (a bind mount into a container) is recognised as one without
resolving a path in a foreign mount namespace, which its owner could make hang.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple, Optional, Union

from .proc import read_proc

_OCTAL = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A line of mountinfo: which part of which filesystem is mounted where."""

    id: int
    #: ``major:minor`` of the filesystem.
    device: str
    root: str
    point: str


class Place(NamedTuple):
    """A place in a filesystem, whatever it is called where."""

    device: str
    path: str


def _unescape(text: str) -> str:
    """Space, tab, newline and backslash are written as three octal digits."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def mounts_of(pid: Union[int, str]) -> list[Mount]:
    """The mounts that a process sees, in the order in which they were made."""
    mounts = []
    for line in read_proc(f"/proc/{pid}/mountinfo").split("\n"):
        words = line.split(" ")
        if len(words) > 4:
            number, _, device, root, point = words[:5]
            mounts.append(Mount(int(number), device, _unescape(root), _unescape(point)))
    return mounts


def _below(path: str, top: str) -> Optional[str]:
    """What remains of ``path`` below ``top``; None if it is not below."""
    if top == "/":
        return "" if path == "/" else path
    if path == top:
        return ""
    return path[len(top) :] if path.startswith(f"{top}/") else None


def place_through(mount: Mount, path: str) -> Optional[Place]:
    """The place of a path that a process sees through a certain mount of its own."""
    rest = _below(path, mount.point)
    if rest is None:
        return None
    root = "" if mount.root == "/" else mount.root
    return Place(mount.device, f"{root}{rest}" or "/")


def place_of(directory: str) -> Optional[Place]:
    """The place of a directory of ours; None where that cannot be told."""
    path = os.path.realpath(directory)
    if not os.path.exists(path):
        return None
    best: Optional[Mount] = None
    # The last of several on one point is the one on top.
    for mount in mounts_of("self"):
        longest = 0 if best is None else len(best.point)
        if _below(path, mount.point) is not None and len(mount.point) >= longest:
            best = mount
    return None if best is None else place_through(best, path)
