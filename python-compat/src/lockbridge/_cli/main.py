"""Parses the command line and runs one command.

A user's mistake gets one clear line and its exit code, never a traceback.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from .. import __version__
from ..errors import LockError
from . import breaking, run, status, wait
from .output import complain, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .parsing import Command

#: "The system cannot do this" (sysexits.h).
EXIT_SYSTEM = 71

COMMANDS: dict[str, Command] = {
    "run": run.COMMAND,
    "status": status.COMMAND,
    "wait": wait.COMMAND,
    "break": breaking.COMMAND,
}

_HELP = """\
usage: {program} COMMAND

One lock that flock, lockfile, Python and npm lockers all see.

Commands:
{commands}

Each has --help. --version prints the version.

Exit codes:
   0  done (status: nothing is held)
   1  conflict: held by somebody else, or still held when the time ran out
  64  usage: an option or a path is not usable
  66  the lock's directory cannot be reached or the file may not be opened
  69  the command cannot be executed
  71  the system ran out of something, or has no such lock
  73  the lock file cannot be created (read-only, full, name too long)
 run ends with the exit code of its command, or 128 + the signal that killed it
"""


def _help() -> str:
    commands = "\n".join(f"  {name:<8}{one.summary}" for name, one in COMMANDS.items())
    return _HELP.format(program="python3 -m lockbridge", commands=commands)


def main(argv: Sequence[str]) -> int:
    """Runs the command that ``argv`` (without the program) names. Returns the exit code."""
    try:
        return _run(argv)
    except LockError as error:
        return complain(error)
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:  # argparse, after --help
        return end.code if isinstance(end.code, int) else 0
    except Exception:  # a bug of ours keeps its trace, and is not to be taken for a conflict
        traceback.print_exc()
        return EXIT_SYSTEM


def _run(argv: Sequence[str]) -> int:
    name = argv[0] if argv else ""
    if name in ("-h", "--help"):
        say(_help())
        return 0
    if name == "--version":
        say(f"{__version__}\n")
        return 0
    if name in ("", "--"):
        raise LockError("ERR_INVALID_ARGUMENT", "a command is needed")
    command = COMMANDS.get(name)
    if command is None:
        names = ", ".join(COMMANDS)
        raise LockError("ERR_INVALID_ARGUMENT", f"no command '{name}'; there are {names}")
    return command.run(command.parse(argv[1:]))
