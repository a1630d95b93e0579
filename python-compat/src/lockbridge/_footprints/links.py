"""Locks that are links: the second name of a file, or a symbolic link that names its holder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Optional

from .shape import HOST, basename, pid_of, whole_text
from .types import Footprint

if TYPE_CHECKING:
    from .types import Traces

_EMACS = re.compile(rf"[^@/]+@({HOST})\.([0-9]+)(?::[0-9]+)?\Z")
_CLAIM = re.compile(r"[^\n\r\u2028\u2029]+\|([^|/\n]+)\|([0-9]+)\|[0-9]+\Z")


def emacs(traces: Traces) -> Optional[Footprint]:
    """Emacs and those who copy it: a symbolic link, mostly dangling, to ``user@host.pid:boot``."""
    match = _EMACS.match(traces.target) if traces.type == "symlink" else None
    pid = None if match is None else pid_of(match[2])
    if match is None or pid is None:
        return None
    return Footprint(
        "emacs",
        "sure" if basename(traces.path).startswith(".#") else "likely",
        f"its target '{traces.target}' names a user, a host and a pid, as Emacs writes them",
        pid=pid,
        host=match[1],
    )


def ln_symlink(traces: Traces) -> Optional[Footprint]:
    """``ln -s "$$" lock`` of shell scripts: a symbolic link whose target is a pid.

    Each script has a rule of its own for a dead one, and most have none, so it decides nothing.
    """
    pid = pid_of(traces.target) if traces.type == "symlink" else None
    if pid is None:
        return None
    text = f'its target is a number alone, as ln -s "$$" of a shell script makes it: pid {pid}'
    return Footprint("ln -s", "guess", text, pid=pid)


def flufl(traces: Traces) -> Optional[Footprint]:
    """flufl.lock: a claim file ``PATH|HOST|PID|RANDOM`` that contains its own name, linked.

    Its mtime is when the lock expires, and its age alone decides.
    """
    links = traces.other_links() if traces.nlink > 1 and traces.size > 0 else ()
    linked = next((name for name in links if _CLAIM.match(name)), None)
    claim = basename(whole_text(traces) or "") if linked is None else linked
    match = _CLAIM.match(claim)
    pid = None if match is None else pid_of(match[2])
    if match is None or pid is None:
        return None
    where = "it contains the name of" if linked is None else "its second link is"
    return Footprint(
        "flufl.lock",
        "likely" if linked is None else "sure",
        f"{where} a flufl.lock claim, '{claim}': pid {pid} on '{match[1]}'",
        pid=pid,
        host=match[1],
    )


def link(traces: Traces) -> Optional[Footprint]:
    """link(2) by no protocol we know: programs that lock so have a second name, if only briefly."""
    if traces.type != "file" or traces.nlink < 2:
        return None
    others = traces.other_links()
    where = f"here, '{others[0]}'" if others else "elsewhere"
    text = f"it has a second name {where}, as programs that lock by link(2) make one"
    return Footprint("link", "guess", text)
