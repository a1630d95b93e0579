"""The record in a lock file: who holds it, since when and why, for people.

Two lines of ASCII, at most 512 bytes. The first says "1" for programs that read a pid out of a lock
file: pid 1 lives in every container. A record is a hint and untrusted input: only the kernel lock
proves that somebody holds.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any, Optional, Union

from ._text import printable

#: What a released file that somebody still has open says of itself.
RESIDUE_MARK = b'1\n{"lockbridge":1,"residue":true}\n'
#: How much of a file is ever read.
CONTENT_LIMIT = 512

_ROOM_HOST, _ROOM_CMD, _ROOM_REASON, _ROOM_OWNER = 64, 80, 100, 40
_MAX_SAFE = 2**53 - 1  # what JSON numbers carry everywhere


@dataclass(frozen=True)
class LockRecord:
    """Who took a lock. ``start``: field 22 of /proc/PID/stat; ``pidns``: inode of the namespace."""

    pid: int
    start: int
    pidns: int
    boot: str
    host: str
    uid: int
    cmd: str
    reason: str
    since: str
    owner: Optional[str] = None
    role: Optional[str] = None

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON has it."""
        out: dict[str, Any] = {"lockbridge": 1}
        for name in ("pid", "start", "pidns", "boot", "host", "uid", "cmd", "reason", "since"):
            out[name] = getattr(self, name)
        for name in ("owner", "role"):
            if getattr(self, name) is not None:
                out[name] = getattr(self, name)
        return out


def _quote(text: str, room: int) -> str:
    """JSON in ASCII, cut so that the escaped text has at most ``room`` bytes."""
    out = ""
    for character in text:
        escaped = json.dumps(character)[1:-1]
        if character == "\x7f":
            escaped = "\\u007f"
        if len(out) + len(escaped) > room:
            break
        out += escaped
    return f'"{out}"'


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""  # no /proc: the fields are for people


def start_time(stat: str) -> int:
    """Field 22 of a /proc/PID/stat, counted from the last ")": the command may contain anything."""
    fields = stat[stat.rfind(")") + 2 :].split(" ")
    return int(fields[19]) if len(fields) > 19 and fields[19].isdigit() else 0


def pid_namespace(pid: Union[int, str] = "self") -> int:
    """The inode number of a process's pid namespace; 0 where it cannot be read."""
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino
    except OSError:
        return 0


class _Head:
    """The front of the JSON, which does not change while this process lives. Made once for it."""

    def __init__(self) -> None:
        self._pid = 0
        self._text = ""

    def get(self) -> str:
        pid = os.getpid()
        if pid != self._pid:
            self._text = self._make(pid)
            self._pid = pid
        return self._text

    @staticmethod
    def _make(pid: int) -> str:
        start = start_time(_read("/proc/self/stat"))
        boot = _read("/proc/sys/kernel/random/boot_id")[:36]
        argv = [sys.executable or "python3", *_program(), *getattr(sys, "argv", [])[1:]][:5]
        owner = os.environ.get("LOCKBRIDGE_OWNER")
        shown = "" if owner is None else f',"owner":{_quote(owner, _ROOM_OWNER)}'
        return (
            f'1\n{{"lockbridge":1,"pid":{pid},"start":{start},"pidns":{pid_namespace()},'
            f'"boot":{_quote(boot, 36)},"host":{_quote(socket.gethostname(), _ROOM_HOST)},'
            f'"uid":{os.getuid()},"cmd":{_quote(" ".join(argv), _ROOM_CMD)}{shown}'
        )


_head = _Head()
_minute: tuple[int, str] = (-1, "")


def finish_record(front: str) -> bytes:
    """The bytes of a record that was begun, taken now.

    The time is RFC 3339 to the millisecond. The part that changes once a minute is kept.
    """
    global _minute  # noqa: PLW0603 - one tuple, replaced whole: threads may race for it
    now, millisecond = divmod(time.time_ns() // 1_000_000, 1000)
    whole, second = divmod(now, 60)
    minute, text = _minute
    if minute != whole:
        text = time.strftime("%Y-%m-%dT%H:%M:", time.gmtime(now))
        _minute = (whole, text)
    return f'{front}{text}{second:02d}.{millisecond:03d}Z"}}\n'.encode("ascii")


def _program() -> list[str]:
    """What Python runs, as it was told: with ``-m``, argv has the file of the module instead."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is None:
        return getattr(sys, "argv", [])[:1]
    return ["-m", spec.name[: -len(".__main__")] if spec.name.endswith(".__main__") else spec.name]


def record_front(reason: str) -> str:
    """A record of this process, all but since when."""
    why = '""' if reason == "" else _quote(reason, _ROOM_REASON)
    return f'{_head.get()},"reason":{why},"since":"'


def make_record(reason: str) -> bytes:
    """The bytes of a record of this process, taken now."""
    return finish_record(record_front(reason))


def is_residue(content: bytes) -> bool:
    """Whether a file's first bytes are the mark of a released lockbridge lock."""
    return content.startswith(RESIDUE_MARK)


def parse_record(content: bytes) -> Optional[LockRecord]:
    """The record that a file's first 512 bytes are; None if they are none."""
    first, _, rest = content.partition(b"\n")
    second = rest.partition(b"\n")[0]
    if first != b"1" or not second.startswith(b'{"lockbridge":1,'):
        return None
    try:
        # Bytes as the TypeScript side has them: one character each.
        value = json.loads(second.decode("latin-1"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return _checked(value)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _checked(raw: dict[str, Any]) -> LockRecord:
    """Every field is somebody's claim: only the right types pass, the rest is "unknown"."""

    def number(key: str) -> int:
        value = raw.get(key)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # 1e3 is the number 1000 in JSON
        good = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MAX_SAFE
        return int(value) if good and value is not None else 0

    def text(key: str) -> str:
        value = raw.get(key)
        return printable(value) if isinstance(value, str) else ""

    return LockRecord(
        *(number("pid"), number("start"), number("pidns"), text("boot"), text("host")),
        *(number("uid"), text("cmd"), text("reason"), text("since")),
        owner=text("owner") if isinstance(raw.get("owner"), str) else None,
        role="supervisor" if raw.get("role") == "supervisor" else None,
    )
