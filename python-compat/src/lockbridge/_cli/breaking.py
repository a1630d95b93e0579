"""``break PATH``: removes a dead holder's lock or residue without asking.

A held one only with ``--force`` and the id that ``status`` showed, so that nobody breaks the
successor of the lock that they saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .. import break_lock, inspect
from .._blocked import describe
from ..errors import LockError
from .output import print_json, safe, say
from .parsing import Command

if TYPE_CHECKING:
    import argparse


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", help="the lock file to break")
    parser.add_argument(
        "--force",
        action="store_true",
        help="break it although it is held: its holder goes on without protection",
    )
    parser.add_argument("--id", help="break only the lock of this id, as `status` shows it")


def _run(args: argparse.Namespace) -> int:
    if args.force and args.id is None:
        _refuse(args.path)
    before = break_lock(args.path, force=args.force, id=args.id, empty=args.empty)
    if args.json:
        print_json({"broken": before.verdict != "free", "before": before.as_dict()})
    elif before.verdict == "free":
        say(safe(f"'{args.path}' is free already") + "\n")
    else:
        say(safe(f"broken: {describe(before)}") + "\n")
    return 0


def _refuse(path: str) -> NoReturn:
    seen = inspect(path).id
    now = "there is no lock now" if seen is None else f"the lock there now has id {seen}"
    raise LockError(
        "ERR_INVALID_ARGUMENT",
        "--force needs --id, so that you break the lock that you saw: "
        f"read `python3 -m lockbridge status {path}` first ({now})",
        path=path,
    )


COMMAND = Command(
    name="break",
    summary="Remove a lock whose holder is gone; a held one only with --force and its id",
    examples="""\
  break updates.lock               refuses (1) if somebody may hold it
  break --force --id 0:1b:1458@1795487595.872364546 updates.lock
                                   that very one""",
    options=_options,
    run=_run,
)
