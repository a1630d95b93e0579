"""What an inspection says, as data.

``as_dict`` gives the shape of the TypeScript side's JSON (its names: ``sharedWith``), without the
keys that are not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from .._record import LockRecord

_JSON_NAMES = {"shared_with": "sharedWith", "from_": "from"}


class _Json:
    def as_dict(self) -> dict[str, Any]:
        """As JSON has it: what is unknown is left out."""
        out: dict[str, Any] = {}
        for one in fields(self):  # type: ignore[arg-type] # every subclass is a dataclass
            value = getattr(self, one.name)
            if value is not None:
                out[_JSON_NAMES.get(one.name, one.name)] = _plain(value)
        return out


def _plain(value: Any) -> Any:
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value


@dataclass(frozen=True)
class Evidence(_Json):
    """One fact behind a verdict: a machine-readable kind and a sentence for people."""

    kind: str
    text: str


@dataclass(frozen=True)
class Container(_Json):
    """The container that a process runs in, from its cgroup."""

    engine: str
    id: str
    name: Optional[str] = None


@dataclass(frozen=True)
class ProcessInfo(_Json):
    """A process as /proc shows it. What cannot be read is None."""

    #: Its number here.
    pid: int
    #: Its numbers from this pid namespace inwards; the last is what it calls itself.
    nspid: Optional[tuple[int, ...]] = None
    command: Optional[str] = None
    uid: Optional[int] = None
    #: The name of ``uid`` here; None for a process in a container, whose names are its own.
    user: Optional[str] = None
    #: RFC 3339, from the time since boot, so a clock that jumped does not matter.
    started: Optional[str] = None
    container: Optional[Container] = None
    #: The systemd unit that it runs in.
    unit: Optional[str] = None


@dataclass(frozen=True)
class Holder(ProcessInfo):
    """A process that the kernel or a lock file names."""

    #: ``holds``, ``waits``, ``named`` in the file, or ``open``: without a lock that shows.
    role: str = "holds"
    #: ``flock``, ``posix``, ``ofd``; ``record``: written in the file; ``descriptor``: mere opener.
    source: str = "flock"
    #: ``exclusive`` or ``shared``.
    mode: Optional[str] = None
    #: Bytes of a record lock that is not on the whole file, as /proc/locks has them: ``0-0``.
    range: Optional[str] = None
    #: It holds by the open file description of this process (a child inherits it; kcmp(2) tells).
    shared_with: Optional[int] = None
    #: Whether a process of that number exists here; None where it cannot be known.
    alive: Optional[bool] = None


@dataclass(frozen=True)
class Since(_Json):
    """Since when (RFC 3339), and from what that is known: record, birth, change or process."""

    at: str
    from_: str


@dataclass(frozen=True)
class Action(_Json):
    """One way out: what the person can do, the command for it if there is one, what it risks."""

    kind: str
    text: str
    command: Optional[tuple[str, ...]] = None
    risk: Optional[str] = None


@dataclass(frozen=True)
class Service(_Json):
    """The supervised service whose lock directory this is."""

    app: str
    service: str


@dataclass(frozen=True)
class Inspection(_Json):
    """The answer of ``inspect(path)``."""

    path: str
    #: ``free``, ``held``, ``stale`` or ``residue``.
    verdict: str
    #: Only with ``held``: ``kernel``, ``existence`` or ``undecidable``.
    by: Optional[str] = None
    #: Which protocol made the file, from its footprint, e.g. ``flock``, ``procmail``.
    protocol: Optional[str] = None
    #: How far the footprint is to be trusted: ``sure``, ``likely``, ``guess``.
    certainty: Optional[str] = None
    #: ``file``, ``directory``, ``symlink``, ``fifo``, ``socket``, …; None when free.
    object: Optional[str] = None
    #: Identity of the inode: ``dev:ino@birth``. Quote it to break the lock that you saw.
    id: Optional[str] = None
    #: Who holds it, then who waits, in the kernel's order, then who is named in the file.
    holders: tuple[Holder, ...] = ()
    #: Processes that hold a lock on a file that is no longer at the path: it protects nothing.
    orphans: tuple[Holder, ...] = ()
    #: The lockbridge record in the file, if there is one: a hint, never proof.
    record: Optional[LockRecord] = None
    since: Optional[Since] = None
    #: Change time of the inode in milliseconds; with ``id`` it tells this very file over a reboot.
    changed: Optional[float] = None
    service: Optional[Service] = None
    evidence: tuple[Evidence, ...] = ()
    #: What cannot be seen from here, in sentences.
    unseen: tuple[str, ...] = field(default=())
    #: What the person can do about it, the gentlest first.
    actions: tuple[Action, ...] = ()
