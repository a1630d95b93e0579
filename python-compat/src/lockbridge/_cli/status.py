"""``status PATH…``: what is there, who holds it, and how that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import inspect
from .._blocked import describe
from .._inspect.actions import way_out
from ..errors import EXIT_CONFLICT
from .output import print_json, safe, say
from .parsing import Command, add_paths

if TYPE_CHECKING:
    import argparse

    from .._inspect.types import Inspection


def _options(parser: argparse.ArgumentParser) -> None:
    add_paths(parser, "lock files to look at")


def _run(args: argparse.Namespace) -> int:
    seen = [inspect(path, empty=args.empty) for path in args.path]
    if args.json:
        print_json([one.as_dict() for one in seen])
    else:
        say("".join(map(_paragraph, seen)))
    return EXIT_CONFLICT if any(one.verdict == "held" for one in seen) else 0


def _paragraph(seen: Inspection) -> str:
    if seen.verdict == "free":
        return safe(f"'{seen.path}' is free") + "\n"
    lines = [
        describe(seen),
        *(f"  because {one.text}" for one in seen.evidence),
        f"  you can: {way_out(seen)}",
    ]
    if seen.id is not None:
        lines.append(f"  id: {seen.id}")
    return "\n".join(map(safe, lines)) + "\n"


COMMAND = Command(
    name="status",
    summary="Say who holds the locks, since when and why",
    examples="""\
  status /tmp/balena/updates.lock  exit code 1 if it is held
  status --json a.lock b.lock      verdicts, holders and evidence as JSON""",
    options=_options,
    run=_run,
)
