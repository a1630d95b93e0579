"""The Python package ``lockfile`` 0.12.2: three classes, three primitives, one name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from .py_lockfile_names import Named, parse_inner, parse_unique
from .shape import basename
from .types import Footprint

if TYPE_CHECKING:
    from .types import Traces


def _footprint(protocol: str, certainty: str, text: str, named: Named) -> Footprint:
    return Footprint(
        protocol, certainty, f"{text}: {named}", named.pid, named.pids, named.host, named.thread
    )


def py_link(traces: Traces) -> Optional[Footprint]:
    """LinkLockFile keeps its unique file beside the lock: two names of one empty file."""
    if traces.type != "file" or traces.size != 0 or traces.nlink < 2:
        return None
    for name in (*traces.other_links(), basename(traces.path)):
        named = parse_unique(name)
        if named is not None:
            text = f"its link '{name}' is that of a LinkLockFile of Python"
            return _footprint("py-link", "sure", text, named)
    return None


def py_mkdir(traces: Traces) -> Optional[Footprint]:
    """MkdirLockFile puts an empty file into its directory."""
    entries = traces.entries() if traces.type == "directory" else ()
    named = parse_inner(entries[0]) if len(entries) == 1 else None
    if named is None:
        return None
    inner = entries[0]
    # `HOST.PID` is also what many a program calls a log.
    certainty = "sure" if ".-" in inner else "guess"
    text = f"'{inner}' in it is that of a MkdirLockFile of Python"
    return _footprint("py-mkdir", certainty, text, named)


def py_symlink(traces: Traces) -> Optional[Footprint]:
    """SymlinkLockFile makes a dangling link to the name that a LinkLockFile would have."""
    named = parse_unique(traces.target) if traces.type == "symlink" else None
    if named is None:
        return None
    text = f"its target '{traces.target}' is that of a SymlinkLockFile of Python"
    return _footprint("py-symlink", "sure", text, named)
