"""From what was seen to what it means.

Proof, or held: whatever is not proven nobody's is held, because killing a service in a critical
section is worse than a late update. docs/protocol.md has the rules; each branch here is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Optional

from .._record import LockRecord, is_residue, parse_record
from .._text import printable
from . import look as how
from .directories import Directories
from .liveness import PidTable, process_gone
from .named import named
from .traces import recognise
from .types import Evidence, Holder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._footprints.types import Footprint
    from .look import Look
    from .procfs import Opener

_TYPES = {
    0o010000: "fifo",
    0o020000: "character-device",
    0o040000: "directory",
    0o060000: "block-device",
    0o100000: "file",
    0o120000: "symlink",
    0o140000: "socket",
}

_HOW_LOCKED = {
    how.GETLK: "the kernel reports a record lock on it (F_OFD_GETLK)",
    how.PROC_LOCKS: "/proc/locks shows a kernel lock on it",
}
_HOW_UNLOCKED = {
    how.LEASE: "a write lease was granted: nobody has it open, so no kernel lock is on it",
    how.OPEN: "somebody has it open, but no kernel lock shows",
    how.NO_LEASE: "no kernel lock shows on it",
}


@dataclass
class Context:
    """What the one who judges knows beside the look itself."""

    path: str
    #: ``held`` or ``free``: what an empty, unlocked file of unknown origin counts as.
    empty: str
    pids: PidTable = field(default_factory=PidTable)
    directories: Directories = field(default_factory=Directories)
    #: Who has the file open; None if that was not asked.
    openers: Optional[Sequence[Opener]] = None
    #: Whether nobody can be missing from ``openers``.
    complete: bool = False
    #: We hold the kernel locks ourselves, so none of somebody else's can be on it.
    under_lock: bool = False


@dataclass(frozen=True)
class Judgement:
    """A verdict and what it rests on."""

    verdict: str
    object: str
    by: Optional[str] = None
    protocol: Optional[str] = None
    certainty: Optional[str] = None
    record: Optional[LockRecord] = None
    #: Whom the file itself names: somebody's claim, of an unknown pid namespace.
    named: tuple[Holder, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def judge(look: Look, context: Context) -> Judgement:
    """Judges one look. Pure but for asking /proc about pids that the file or the kernel names."""
    return _Judge(look, context).judge()


class _Judge:
    """One judgement in the making: evidence is noted as the branches are taken."""

    def __init__(self, look: Look, context: Context) -> None:
        self.look = look
        self.context = context
        self.evidence: list[Evidence] = []
        #: What is known whatever the verdict will be.
        self.known = Judgement("held", _TYPES.get(look.st.mode & 0o170000, "file"))

    def note(self, kind: str, text: str) -> None:
        self.evidence.append(Evidence(kind, text))

    def end(self, verdict: str, by: Optional[str] = None) -> Judgement:
        return replace(self.known, verdict=verdict, by=by, evidence=tuple(self.evidence))

    def judge(self) -> Judgement:
        if self.known.object != "file":
            return self._no_file()
        look, context = self.look, self.context
        residue = is_residue(look.content)
        record = None if residue else parse_record(look.content)
        ours = record is not None or residue or look.attribute
        footprint = None if ours else recognise(context.path, look, context.directories)
        self.known = replace(self.known, record=record)
        if ours:
            self.known = replace(self.known, protocol="lockbridge")
        elif footprint is not None:
            protocol, certainty = footprint.protocol, footprint.certainty
            self.known = replace(self.known, protocol=protocol, certainty=certainty)
        if context.under_lock:
            self.note("own-locks", "we hold its kernel locks ourselves")
        else:
            locked = self._kernel_lock()
            if locked is None:
                return self.end("held", "undecidable")
            if locked:
                protocol = self.known.protocol or self._kind_of()
                self.known = replace(self.known, protocol=protocol)
                return self.end("held", "kernel")
        if residue:
            self.note("residue-mark", "it carries the mark that a released lockbridge lock leaves")
            return self.end("residue")
        if ours:
            return self._own(record)
        if self.known.protocol == "helios" and not look.elsewhere:
            text = "Helios always holds a flock on its file: its holder is gone"
            self.note("helios-unlocked", text)
            return self.end("stale")
        return self._foreign(footprint)

    def _no_file(self) -> Judgement:
        kind = self.known.object
        target = f" to '{printable(self.look.target)}'" if kind == "symlink" else ""
        self.note(
            "object",
            f"a {kind}{target}: only an existence locker makes one; never opened or followed",
        )
        self.known = replace(self.known, protocol=kind)
        self._whose(recognise(self.context.path, self.look, self.context.directories))
        return self.end("held", "existence")

    def _whose(self, footprint: Optional[Footprint]) -> bool:
        """Who made it and whom it names, by its footprint; whether its holder is provably gone."""
        if footprint is None:
            return False
        self.note("footprint", footprint.text)
        claim = named(footprint, self.context.pids.alive)
        self.evidence.extend(claim.evidence)
        protocol, certainty = footprint.protocol, footprint.certainty
        self.known = replace(
            self.known, protocol=protocol, certainty=certainty, named=claim.holders
        )
        return claim.dead

    def _kernel_lock(self) -> Optional[bool]:
        """Whether a kernel lock is on the file; None if that cannot be told."""
        look, openers = self.look, self.context.openers
        known = look.known
        if look.locked:
            self.note(known, _HOW_LOCKED[known])
        holding = openers is not None and any(one.locks for one in openers)
        if holding:
            self.note(
                "openers",
                "a process that has it open holds a kernel lock on it (its fdinfo says so)",
            )
        if look.locked or holding:
            return True
        if known == how.UNKNOWN:
            text = "it cannot be opened here, so locks on it cannot be ruled out"
            self.note("unreadable", text)
            return None
        self.note(known, _HOW_UNLOCKED[known])
        if known == how.LEASE or openers is None:
            return False
        if not self.context.complete:
            self.note(
                "openers-hidden",
                "the process that has it open is not seen from here, nor whether it holds a lock"
                if not openers and known == how.OPEN
                else "not every process that may have it open is seen from here, nor whether one"
                " holds a lock",
            )
            return None
        self.note("openers", "every process was looked at: none has a kernel lock on it")
        return False

    def _kind_of(self) -> str:
        """Which family of kernel lockers: they do not see each other.

        Only asking for record locks tells where no line shows (F_OFD_GETLK sees no flock).
        """
        lines = [*self.look.locks]
        for opener in self.context.openers or ():
            lines.extend(opener.locks)
        record = bool(lines) or self.look.known == how.GETLK
        return "record lock" if record and all(x.kind != "FLOCK" for x in lines) else "flock"

    def _own(self, record: Optional[LockRecord]) -> Judgement:
        """An inode of ours without a kernel lock."""
        if self.look.elsewhere and (record is None or not process_gone(record)):
            self.note(
                "elsewhere",
                "no kernel lock shows, but on this filesystem one taken through another mount or"
                " machine would not, and its holder is not provably gone",
            )
            return self.end("held", "undecidable")
        if record is not None and self.context.openers is not None:
            self.note("record", self.context.pids.fate_of(record))
        self.note(
            "own-unlocked",
            "lockbridge made it and always holds a kernel lock: its holder is gone",
        )
        return self.end("stale")

    def _foreign(self, footprint: Optional[Footprint]) -> Judgement:
        """A stranger's file without a kernel lock: an existence lock, unless its holder is dead."""
        if self._whose(footprint) and not self.look.elsewhere:
            return self.end("stale")
        # What a kernel locker leaves (zc.lockfile, filelock) says nothing of an existence lock.
        leftover = footprint is not None and footprint.leftover
        if footprint is not None and not leftover:
            return self.end("held", "existence")
        size = self.look.st.size
        if size > 0:
            if not leftover:
                self.note("content", f"{size} bytes of no known protocol")
            return self.end("held", "undecidable" if leftover else "existence")
        if self.context.empty == "free":
            self.note(
                "policy",
                "empty and unlocked, and the policy says that only kernel lockers live here",
            )
            return self.end("residue")
        self.note(
            "empty",
            "empty, unlocked, of unknown origin: what a finished flock(1) leaves, and just as well"
            " a live lock of npm lockfile or a bare O_EXCL",
        )
        return self.end("held", "undecidable")
