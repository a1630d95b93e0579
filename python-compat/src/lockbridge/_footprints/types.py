"""What a recogniser may look at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Traces:
    """What is on disk at a lock path; the two functions cost system calls."""

    path: str
    #: ``file``, ``directory`` or ``symlink``.
    type: str
    #: The first 512 bytes.
    content: bytes
    size: int
    #: Permission bits.
    mode: int
    uid: int
    nlink: int
    #: Milliseconds since the epoch; ``birth`` is 0 where the filesystem keeps none.
    birth: float
    mtime: float
    ctime: float
    #: Where a symbolic link points; '' for others.
    target: str
    #: The other names of the inode in its directory.
    other_links: Callable[[], Sequence[str]]
    #: The first names in a directory, 16 at most; empty for others.
    entries: Callable[[], Sequence[str]]


@dataclass(frozen=True)
class Footprint:
    """Which protocol made a file, how sure that is, and why. Never proof that its holder died."""

    protocol: str
    #: ``sure``: no other known program makes this; ``likely``: others could; ``guess``: a shape.
    certainty: str
    #: Why, as a sentence that may follow "because".
    text: str
    #: The holder's process, where its protocol's files name it: of an unknown pid namespace.
    pid: Optional[int] = None
    #: Where the digits allow several.
    pids: Sequence[int] = ()
    host: Optional[str] = None
    thread: Optional[str] = None
    #: The protocol itself takes the lock for abandoned once ``pid`` is gone.
    pid_decides: bool = False
    #: The protocol locks with the kernel and leaves the file: alone, it is no existence lock.
    leftover: bool = False
    #: A last sign of life, milliseconds since the epoch, of a protocol that gives them.
    beat: Optional[float] = None
