"""``wait PATH…``: returns when nobody holds any of them, without taking one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import wait_until_free
from .output import announce_wait, print_json
from .parsing import Command, add_paths, add_wait, seconds

if TYPE_CHECKING:
    import argparse


def _options(parser: argparse.ArgumentParser) -> None:
    add_paths(parser, "lock files to wait for")
    add_wait(parser)


def _run(args: argparse.Namespace) -> int:
    seen = wait_until_free(
        args.path, timeout=seconds(args), empty=args.empty, on_blocked=announce_wait
    )
    if args.json:
        print_json([one.as_dict() for one in seen])
    return 0


COMMAND = Command(
    name="wait",
    summary="Wait until nobody holds the locks, without taking them",
    examples="  wait -w 60 /tmp/balena/updates.lock  exit code 1 if it is still held",
    options=_options,
    run=_run,
)
