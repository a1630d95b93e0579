"""What is on disk at a lock path, for the recognisers of foreign footprints.

The look that was made, and on demand the other names of its inode and the first names in a
directory. Descends nowhere and follows nothing, also if the path has become something else since.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Optional

from .._footprints import recognise as by_footprint
from .._footprints.types import Footprint, Traces
from .._system import shut
from .directories import Directories, read_names
from .since import milliseconds

if TYPE_CHECKING:
    from .look import Look

_TYPES = {0o040000: "directory", 0o100000: "file", 0o120000: "symlink"}
_ENTRIES = 16
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def traces_of(path: str, look: Look, directories: Directories) -> Optional[Traces]:
    """The traces of a look; None for what no recogniser knows: fifo, socket, device."""
    st = look.st
    kind = _TYPES.get(st.mode & 0o170000)
    if kind is None:
        return None
    is_file = kind == "file"
    return Traces(
        path=path,
        type=kind,
        content=look.content,
        size=st.size,
        mode=st.mode & 0o7777,
        uid=st.uid,
        nlink=st.nlink,
        birth=milliseconds(st.birth or 0),
        mtime=milliseconds(st.mtime),
        ctime=milliseconds(st.ctime),
        target=look.target,
        other_links=lambda: directories.other_links(path, st.ino, st.nlink) if is_file else [],
        entries=lambda: _entries_of(path) if kind == "directory" else [],
    )


def _entries_of(path: str) -> list[str]:
    """By descriptor: opening the path would follow a symbolic link put there meanwhile."""
    try:
        fd = os.open(path, _OPEN_DIRECTORY)
    except OSError:
        return []
    try:
        return read_names(fd, _ENTRIES)
    except OSError:
        return []
    finally:
        shut(fd)


def recognise(path: str, look: Look, directories: Directories) -> Optional[Footprint]:
    """The protocol that made what was looked at, as far as its traces tell."""
    traces = traces_of(path, look, directories)
    return None if traces is None else by_footprint(traces)
