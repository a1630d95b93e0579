"""Lock files that name nobody: a fixed content, a mode or an owner tells who makes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Optional

from .shape import basename, bits, text_of, whole_text
from .types import Footprint

if TYPE_CHECKING:
    from .types import Traces

_HELIOS_TAG = "\x02c"  # 611, the sum of the bytes of "balena"
_NOBODY = 65534
_BALENA_NAMES = ("updates.lock", "resin-updates.lock")

_GIT_INDEX = re.compile("DIRC\0\0\0[\x02-\x04]")  # gitformat-index(5)
_GIT_OBJECT_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\n\Z")
_GIT_FILES = re.compile(r"(?:index|HEAD|config|packed-refs|shallow)\.lock\Z")


def helios(traces: Traces) -> Optional[Footprint]:
    """Helios, the next agent of balenaOS: a tag in a file that it flocks while it holds."""
    if whole_text(traces) != _HELIOS_TAG:
        return None
    return Footprint("helios", "sure", "it carries the Helios tag (02 63)")


def balena(traces: Traces) -> Optional[Footprint]:
    """The balena supervisor since 13.1: procmail's lockfile, run as uid 65534."""
    if traces.uid != _NOBODY or traces.type != "file":
        return None
    # In a user namespace, 65534 also stands for every owner that it does not map.
    doubt = "uid 65534 (or an owner that this user namespace does not map)"
    if _made_by_procmail(traces) is not None:
        certainty = "sure" if basename(traces.path) in _BALENA_NAMES else "likely"
        text = f"procmail's lockfile made it for {doubt}, as the balena supervisor does"
        return Footprint("balena-supervisor", certainty, text)
    if traces.size != 0:
        return None
    text = f"empty, owned by {doubt}: a balena supervisor's"
    return Footprint("balena-supervisor", "guess", text)


def _made_by_procmail(traces: Traces) -> Optional[str]:
    """How sure it is that lockfile(1) wrote this: ``0``, in mode 0444 less the umask."""
    if whole_text(traces) != "0":
        return None
    return {0o444: "sure", 0o440: "likely", 0o400: "likely"}.get(bits(traces))


def procmail(traces: Traces) -> Optional[Footprint]:
    """lockfile(1) of procmail: writes "0" to a temporary file and links it to the path."""
    certainty = _made_by_procmail(traces)
    if certainty is None:
        return None
    text = "content '0' without a newline and a mode without write are procmail lockfile's"
    return Footprint("procmail", certainty, text)


def git(traces: Traces) -> Optional[Footprint]:
    """git: FILE.lock, filled with what FILE is to become and renamed over it."""
    if traces.type != "file" or not traces.path.endswith(".lock"):
        return None
    if _GIT_INDEX.match(text_of(traces)):
        return Footprint("git", "sure", "it contains a git index that is being written")
    text = whole_text(traces)
    if text is not None and _GIT_OBJECT_ID.match(text):
        return Footprint("git", "likely", "it contains one object id, as git writes a reference")
    name = basename(traces.path)
    if text == "" and _GIT_FILES.match(name) and ".git" in traces.path.split("/"):
        why = "its place and name are those of a file that git is about to write"
        return Footprint("git", "likely", why)
    return None


def dotlockfile(traces: Traces) -> Optional[Footprint]:
    """dotlockfile(1) of liblockfile: link, like procmail, by its own rules about age."""
    if whole_text(traces) != "0\n":
        return None
    text = (
        "content '0' and a newline is that of liblockfile: "
        "dotlockfile, lockfile-create or a mail program"
    )
    return Footprint("dotlockfile", "likely", text)


def mutt(traces: Traces) -> Optional[Footprint]:
    """mutt_dotlock(1): links an empty file of mode 0000."""
    if traces.type != "file" or traces.size != 0 or bits(traces) != 0:
        return None
    return Footprint("mutt_dotlock", "likely", "empty with mode 0000, as mutt_dotlock makes it")


def filelock(traces: Traces) -> Optional[Footprint]:
    """Python's filelock up to 3.9: an empty file of mode 0777 less the umask."""
    if whole_text(traces) != "" or bits(traces) not in (0o755, 0o775, 0o777):
        return None
    text = (
        "empty and executable, as filelock up to 3.9 of Python creates it, "
        "for a flock or as a SoftFileLock"
    )
    return Footprint("filelock", "guess", text, leftover=True)
