"""What the commands share in printing: plain text, JSON, and errors in one line.

Text goes out as UTF-8 whatever the locale is, and bytes of a path that are none as U+FFFD, as the
Node command line prints them.
"""

from __future__ import annotations

import errno
import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Optional, TextIO

from .._blocked import describe
from .._inspect.actions import way_out
from .._text import printable
from ..errors import LockError

if TYPE_CHECKING:
    from .._inspect.types import Inspection


def _decodable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _write(stream: Optional[TextIO], text: str) -> None:
    if stream is None:  # closed when we were started
        return
    raw = _decodable(text).encode()
    # Whoever reads has read enough, as `| head` does: what is done is done all the same.
    with suppress(BrokenPipeError):
        stream.buffer.write(raw)
        stream.buffer.flush()


def say(text: str) -> None:
    """On stdout, as it is. LockError if it cannot be written."""
    try:
        _write(sys.stdout, text)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, str(error))
        # Or what is still buffered would fail once more when the interpreter ends.
        sys.stdout = None  # as where it was closed when we were started
        raise LockError("ERR_LOCK_SYSTEM", f"cannot write the answer: {name}") from error


def safe(line: str) -> str:
    """A line of ours that may have a stranger's name in it, for a terminal."""
    return printable(_decodable(line), 2 * len(line))  # in units of UTF-16


def warn(text: str) -> None:
    """One line on stderr."""
    _write(sys.stderr, safe(f"lockbridge: {text}") + "\n")


def print_json(value: Any) -> None:
    """As ``JSON.stringify(value, null, 2)`` prints it."""
    say(f"{json.dumps(_numbers(value), indent=2, ensure_ascii=False)}\n")


def _numbers(value: Any) -> Any:
    """Whole numbers without their ``.0``."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_numbers(one) for one in value]
    return value


def complain(error: LockError) -> int:
    """Prints an error as one line and gives its exit code."""
    warn(str(error))
    if error.code == "ERR_INVALID_ARGUMENT":
        _write(sys.stderr, "Try `python3 -m lockbridge --help`.\n")
    return error.exit_code


def announce_wait(blocker: Inspection) -> None:
    """Says once per state of affairs whom a command waits for, on stderr."""
    warn(f"waiting: {describe(blocker)}")
    if blocker.by == "undecidable":
        warn(way_out(blocker))
