"""``run PATH… -- CMD``: holds the locks while the command runs.

The command inherits the locks' descriptors, so that killing us does not free what it still relies
on; the locks are let go when it ends, whatever it left running in the background.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._all import acquire_all, release_all
from ..errors import EXIT_CONFLICT, LockError
from .execute import Signals, execute
from .output import announce_wait, print_json, warn
from .parsing import Command, add_paths, add_wait, exit_code, seconds

if TYPE_CHECKING:
    import argparse


def _options(parser: argparse.ArgumentParser) -> None:
    add_paths(parser, "lock files to hold, all or none")
    parser.add_argument("-n", "--nonblock", action="store_true", help="fail rather than wait")
    add_wait(parser)
    parser.add_argument(
        "-E",
        "--conflict-exit-code",
        metavar="CODE",
        default=str(EXIT_CONFLICT),
        help="exit code for a conflict (1)",
    )
    parser.add_argument("--reason", default="", help="shown to who asks why")


def _run(args: argparse.Namespace) -> int:
    if not args.command:
        raise LockError(
            "ERR_INVALID_ARGUMENT",
            "no command to run: put it after `--`, as in `lockbridge run PATH -- CMD`",
        )
    conflict = exit_code(args.conflict_exit_code)
    timeout = 0 if args.nonblock else seconds(args)
    with Signals() as signals:
        try:
            locks = acquire_all(
                args.path,
                timeout=timeout,
                reason=args.reason,
                empty=args.empty,
                on_blocked=announce_wait,
                waiting=signals.may_end_us,
            )
        except LockError as error:
            if error.exit_code != EXIT_CONFLICT:
                raise
            if args.json:
                blockers = [one.as_dict() for one in error.blockers]
                print_json({"error": error.code, "blockers": blockers})
            warn(str(error))
            return conflict
        try:
            return execute(args.command, [lock.fd for lock in locks], signals)
        finally:
            release_all(locks)


COMMAND = Command(
    name="run",
    summary="Hold the locks while a command runs",
    examples="""\
  run /tmp/balena/updates.lock -- ./flash.sh         no update while flash.sh runs
  run -n a.lock b.lock -- true                       both or none, without waiting
  run -w 30 --reason migration db.lock -- ./migrate  wait half a minute""",
    options=_options,
    run=_run,
)
