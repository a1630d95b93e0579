"""What foreign lock programs leave on disk, and how it is recognised.

Every protocol that leaves a telling shape, the most specific first: the first that recognises a
file names it. A recogniser says no more than the bytes do, and where several programs make the same
bytes its text names them. A footprint never proves that a holder is gone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Optional

from .._text import printable
from . import directories, links, pid_files, py_lockfile, stamps, tagged

if TYPE_CHECKING:
    from collections.abc import Callable

    from .types import Footprint, Traces

RECOGNISERS: tuple[Callable[[Traces], Optional[Footprint]], ...] = (
    *(tagged.helios, tagged.balena, tagged.procmail),
    *(py_lockfile.py_link, py_lockfile.py_mkdir, py_lockfile.py_symlink),
    *(directories.npm_proper, directories.mkdir),
    *(links.emacs, links.ln_symlink, links.flufl, stamps.nfslock, stamps.soft_filelock),
    *(tagged.git, stamps.lockfile_simple, stamps.lockmail),
    *(pid_files.uucp, pid_files.zc_lockfile, pid_files.nightlyone),
    *(tagged.dotlockfile, pid_files.pid_file, links.link, tagged.mutt, tagged.filelock),
)


def recognise(traces: Traces) -> Optional[Footprint]:
    """Which protocol made this, as far as the traces tell; None for a file of no known shape."""
    for recogniser in RECOGNISERS:
        footprint = recogniser(traces)
        if footprint is not None:
            return _safe(footprint)
    return None


def _safe(footprint: Footprint) -> Footprint:
    """Names, hosts and targets are a stranger's choice: whatever is quoted is made printable."""
    host, thread = footprint.host, footprint.thread
    return replace(
        footprint,
        text=printable(footprint.text, 600),
        host=None if host is None else printable(host),
        thread=None if thread is None else printable(thread),
    )
