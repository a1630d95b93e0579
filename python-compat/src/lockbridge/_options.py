"""Checks what callers pass: every message names the option, what was expected and what came."""

from __future__ import annotations

import math
import os
import re
from typing import NamedTuple, Optional, Union

from .errors import invalid

#: A lock path as callers may give it.
StrPath = Union[str, "os.PathLike[str]"]

_SUSPICIOUS = ("", ".", "/")
_DIRECTORY = re.compile(r"(^|/)\.{0,2}\Z")


class Options(NamedTuple):
    """How a lock is taken. ``empty``: what an empty, unlocked file of unknown origin counts as."""

    reason: str = ""
    mode: int = 0o644
    owner: Optional[tuple[int, int]] = None
    empty: Optional[str] = None


def check_path(path: object) -> str:
    """The path as text; refuses what is no lock path: empty, with a NUL, or a directory's name."""
    # Nearly every path: text that cannot end in a directory's name.
    if type(path) is str and path[-1:] not in _SUSPICIOUS and "\0" not in path:
        return path
    try:
        text = os.fspath(path)  # type: ignore[call-overload]
    except TypeError:
        raise invalid("path", "a string or a path", type(path).__name__) from None
    if not isinstance(text, str):
        raise invalid("path", "a string or a path", type(text).__name__)
    if text == "":
        raise invalid("path", "a file name", text)
    if "\0" in text:
        raise invalid("path", "without NUL characters", text)
    if _DIRECTORY.search(text):
        raise invalid("path", "the name of a file, not of a directory", text)
    return text


def check_options(options: Options) -> Options:
    """Refuses unusable options of one try."""
    if not isinstance(options.reason, str):
        raise invalid("reason", "a string", options.reason)
    mode = options.mode
    if not isinstance(mode, int) or isinstance(mode, bool) or not 0 <= mode <= 0o777:
        raise invalid("mode", "permission bits from 0 to 0o777", mode)
    check_empty(options.empty)
    if options.owner is not None:
        if not isinstance(options.owner, tuple) or len(options.owner) != 2:
            raise invalid("owner", "a pair of uid and gid", options.owner)
        for name, number in zip(("uid", "gid"), options.owner):
            if not isinstance(number, int) or not 0 <= number < 0xFFFFFFFF:
                raise invalid(f"owner {name}", "an integer from 0 to 4294967294", number)
    return options


def check_callable(name: str, value: object) -> None:
    """Refuses what is neither None nor callable."""
    if value is not None and not callable(value):
        raise invalid(name, "a function", type(value).__name__)


def check_empty(empty: Optional[str]) -> None:
    """Refuses what is no policy for empty files."""
    if empty not in (None, "held", "free"):
        raise invalid("empty", "'held' or 'free'", empty)


def check_timeout(timeout: object, name: str = "timeout") -> Optional[float]:
    """Seconds to wait, None for ever."""
    if timeout is None:
        return None
    good = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if not good or math.isnan(timeout) or timeout < 0:  # type: ignore[arg-type, operator]
        raise invalid(name, "seconds, 0 or more, or None", timeout)
    seconds = float(timeout)  # type: ignore[arg-type]
    return None if math.isinf(seconds) else seconds
