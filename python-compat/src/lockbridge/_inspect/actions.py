"""The way out: what the person can do about what was found, the gentlest first, and its risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .types import Action

if TYPE_CHECKING:
    from .types import Holder, Inspection


def _command(*words: str) -> tuple[str, ...]:
    return ("lockbridge", *words)


_LOOK_OUTSIDE = Action(
    "look", "run the same on the host as root: from there every process can be seen"
)


def process_name(holder: Holder) -> str:
    """A process in a few words."""
    command = "" if holder.command is None else f" ({holder.command})"
    container = holder.container
    where = "" if container is None else f" in container {container.name or container.id[:12]}"
    return f"pid {holder.pid}{command}{where}"


def _holding(seen: Inspection) -> list[Holder]:
    """Who holds by the kernel, each process once."""
    by_pid: dict[int, Holder] = {}
    for holder in seen.holders:
        by_pid.setdefault(holder.pid, holder)
    return [one for one in by_pid.values() if one.role == "holds" and seen.by == "kernel"]


def _ask(holding: list[Holder]) -> list[Action]:
    risk = "killing it ends its critical section half-way; a child that inherited the lock keeps it"
    own = [one for one in holding if one.shared_with is None]
    return [Action("ask", f"ask {process_name(one)} to finish", None, risk) for one in own[:3]]


def _undecided(path: str) -> list[Action]:
    return [
        Action(
            "policy",
            "if only kernel lockers (flock, lockf) use this path, say so: then it is nobody’s",  # noqa: RUF001
            _command("break", "--empty=free", path),
            "an npm lockfile or bare O_EXCL lock looks the same and would be broken while it is"
            " held",
        ),
        Action(
            "look",
            "a watch that runs from before the locks are taken can tell the two apart",
            _command("watch", path),
        ),
    ]


def _fix(seen: Inspection) -> list[Action]:
    command = _command("run", seen.path, "--", "COMMAND")
    if seen.by == "kernel" and seen.protocol == "flock":
        text = (
            "in the script, take the lock with lockbridge instead of flock: existence lockers then"
            " see it end"
        )
        return [Action("fix", text, command)]
    if seen.by == "existence":
        text = (
            "in its program, take the lock with lockbridge: then it says who holds it, and a crash"
            " leaves nothing that blocks"
        )
        return [Action("fix", text, command)]
    return []


def _force(seen: Inspection, holding: list[Holder]) -> list[Action]:
    if seen.id is None:
        return []
    who = "if its holder lives, it"
    if holding or seen.holders:
        who = process_name((holding or list(seen.holders))[0])
    risk = f"{who} goes on without protection, beside whoever takes the lock next"
    command = _command("break", "--force", "--id", seen.id, seen.path)
    return [Action("break", "break this very lock, if you know better", command, risk)]


def _held(seen: Inspection) -> list[Action]:
    holding = _holding(seen)
    actions = [Action("wait", "wait until it is let go", _command("wait", seen.path))]
    actions += _ask(holding)
    if seen.unseen:
        actions.append(_LOOK_OUTSIDE)
    if seen.by == "undecidable" and any(one.kind == "empty" for one in seen.evidence):
        actions += _undecided(seen.path)
    return [*actions, *_fix(seen), *_force(seen, holding)]


def _stop(orphan: Holder) -> Action:
    return Action(
        "ask",
        f"stop or restart {process_name(orphan)}: it believes that it holds this path, and protects"
        " nothing",
    )


def actions_for(seen: Inspection) -> tuple[Action, ...]:
    """What can be done about what was seen."""
    stop = [_stop(one) for one in seen.orphans if one.shared_with is None]
    if seen.verdict == "held":
        return (*stop, *_held(seen))
    if seen.verdict == "free":
        return (*stop, Action("nothing", "take it", _command("run", seen.path, "--", "COMMAND")))
    text = "the next lockbridge adopts it; to unblock the others now, remove it"
    return (*stop, Action("break", text, _command("break", seen.path)))


def way_out(inspection: Inspection) -> str:
    """The first way out in one sentence, for a message of one line."""
    actions = inspection.actions
    best = next((one for one in actions if one.kind == "policy"), None)
    if best is None:
        if not actions:
            return ""
        best = actions[0]
    return best.text if best.command is None else f"{best.text}: `{' '.join(best.command)}`"
