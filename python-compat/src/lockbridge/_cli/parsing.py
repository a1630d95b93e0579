"""The options that several commands share, and the checks that argparse does not make."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, NoReturn, Optional

from ..errors import LockError, invalid
from .output import say

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A longer wait is as good as for ever.
_LONGEST_WAIT = 1e12


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise LockError("ERR_INVALID_ARGUMENT", message)

    def print_help(self, file: Any = None) -> None:
        say(self.format_help())


@dataclass(frozen=True)
class Command:
    """One command: its line in the help, its options, and what gives the exit code."""

    name: str
    summary: str
    examples: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """The arguments; ``command`` is what follows the first ``--``. LockError if unusable."""
        at = argv.index("--") if "--" in argv else len(argv)
        parser = _Parser(
            prog=f"python3 -m lockbridge {self.name}",
            description=self.summary,
            epilog=f"examples:\n{self.examples}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _common(parser)
        self.options(parser)
        # Paths may stand between options.
        args = parser.parse_intermixed_args(list(argv[:at]))
        args.command = list(argv[at + 1 :])
        return args


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--empty",
        choices=("held", "free"),
        help="what an empty unlocked file of unknown origin is; "
        "free: only kernel lockers live here",
    )


def add_paths(parser: argparse.ArgumentParser, what: str) -> None:
    """One lock path or more."""
    parser.add_argument("path", nargs="+", help=what)


def add_wait(parser: argparse.ArgumentParser) -> None:
    """``-w SECONDS``, as text: see ``seconds``."""
    parser.add_argument(
        "-w", "--wait", metavar="SECONDS", help="give up after so many seconds (fractions allowed)"
    )


def seconds(args: argparse.Namespace) -> Optional[float]:
    """``--wait``, None unless given."""
    text: Optional[str] = args.wait
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < _LONGEST_WAIT:
        raise invalid("--wait", "seconds, 0 or more", text)
    return number


def exit_code(text: str) -> int:
    """``--conflict-exit-code``."""
    if not (text.isascii() and text.isdigit() and int(text) <= 255):
        raise invalid("--conflict-exit-code", "an integer from 0 to 255", text)
    return int(text)
