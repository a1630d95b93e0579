"""What the recognisers share: the forms in which lock files write a process and a host.

Content is read as Latin-1, one character a byte, so that no bytes are lost. Patterns say ``[0-9]``
and ``\\Z``, because ``\\d`` takes other digits too and ``$`` lets a newline pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from .types import Traces

#: A host name as gethostname(2) gives it, for use inside a pattern.
HOST = r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}"

_PID = re.compile(r"[1-9][0-9]{0,6}\Z")
_PID_MAX_LIMIT = 4_194_304  # proc_sys_kernel(5), pid_max: 2^22


def pid_of(digits: Optional[str]) -> Optional[int]:
    """The number of a process, without leading zeros; None for digits that can be none."""
    if digits is None or _PID.match(digits) is None:
        return None
    return int(digits) if int(digits) <= _PID_MAX_LIMIT else None


def text_of(traces: Traces) -> str:
    """The first 512 bytes, one character a byte."""
    return traces.content.decode("latin-1")


def whole_text(traces: Traces) -> Optional[str]:
    """All that a regular file contains, where that was read: '' is an empty file."""
    if traces.type != "file" or len(traces.content) != traces.size:
        return None
    return text_of(traces)


def match_whole(traces: Traces, pattern: re.Pattern[str]) -> Optional[re.Match[str]]:
    """The match of ``pattern`` with all that a regular file contains."""
    text = whole_text(traces)
    return None if text is None else pattern.match(text)


def bits(traces: Traces) -> int:
    """Permission bits without set-id and sticky."""
    return traces.mode & 0o777


def basename(path: str) -> str:
    """The last name in a path, also of one that ends in a slash."""
    return path.rstrip("/").rpartition("/")[2]
