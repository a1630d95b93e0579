"""One protocol, two implementations: for every state that can be made, ``inspect`` answers as
``lockbridge status --json`` of the TypeScript side does, sentence for sentence.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from lock_states import (
    FLOCK,
    FLOCK_SHARED,
    LEFT_TO_CHILD,
    OFD,
    OFD_BYTES,
    OPEN_ONLY,
    POSIX,
    POSIX_BYTES,
    child,
    environment,
    holder,
    left_by_dead,
    own,
    peer_program,
    waiter,
    write,
)
from lockbridge import _system
from lockbridge._inspect.inspect import inspect, inspect_all
from lockbridge._lockfile import ATTRIBUTE
from lockbridge._record import RESIDUE_MARK, make_record
from lockbridge.errors import LockError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    State = Callable[[ExitStack, str], object]

CLI = os.path.join(os.path.dirname(__file__), "..", "..", "dist", "cli", "bin.js")
NODE = shutil.which("node") or ""

needs_node = pytest.mark.skipif(
    not (NODE and os.path.exists(CLI)), reason="needs Node and the built TypeScript side"
)
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
NOBODY = 65534


def status(*paths: str, **options: Any) -> list[dict[str, Any]]:
    """What the TypeScript side says."""
    command = [NODE, CLI, "status", "--json", *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True, **options)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def comparable(answer: dict[str, Any]) -> dict[str, Any]:
    """Without what the moment of looking decides: a process's start is counted from now, back."""
    for one in (*answer["holders"], *answer["orphans"]):
        if "started" in one:
            one["started"] = "some time"
    if answer.get("by") == "kernel" and answer["since"]["from"] != "record":
        answer["since"] = "its file's birth, or the start of its process if that is later"
    return answer


def both_say(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """This side's answer and the other's, of one state of the file: a holder beats now and then."""

    def changed() -> int:
        return os.lstat(path).st_ctime_ns if os.path.lexists(path) else 0

    while True:
        before = changed()
        (theirs,) = status(path)
        ours = as_json(inspect(path).as_dict())
        if changed() == before:
            return comparable(ours), comparable(theirs)


def as_json(answer: object) -> dict[str, Any]:
    """As a reader of the JSON has it: whole numbers without a fraction, lists."""
    text = json.dumps(answer)
    assert ".0," not in text, "JavaScript writes whole numbers without a fraction"
    read: dict[str, Any] = json.loads(text)
    return read


def socket_at(stack: ExitStack, path: str) -> None:
    unix = stack.enter_context(socket.socket(socket.AF_UNIX))
    unix.bind(path)


def held_by(*programs: str) -> State:
    def make(stack: ExitStack, path: str) -> None:
        write(path)
        for program in programs:
            stack.enter_context(holder(path, program))

    return make


def wait_for(hold: str, *waits: str) -> State:
    def make(stack: ExitStack, path: str) -> None:
        held_by(hold)(stack, path)
        for wait in waits:
            stack.enter_context(waiter(path, wait))

    return make


def content(*parts: bytes) -> State:
    return lambda _stack, path: write(path, b"".join(parts))


def running(*command: str, line: str = "ready\n") -> State:
    def make(stack: ExitStack, path: str) -> None:
        words = [path if word == "PATH" else word for word in command]
        stack.enter_context(child(*words, says=line))

    return make


def orphan(then: str = "") -> State:
    def make(stack: ExitStack, path: str) -> None:
        held_by(LEFT_TO_CHILD)(stack, path)
        os.unlink(path)
        if then:
            write(path)

    return make


def own_orphan(stack: ExitStack, path: str) -> None:
    stack.enter_context(own(path))
    os.unlink(path)


def own_without_content(_stack: ExitStack, path: str) -> None:
    write(path)
    os.setxattr(path, ATTRIBUTE, b"l")


def another_link(_stack: ExitStack, path: str) -> None:
    write(path, b"x")
    os.link(path, f"{path}.other")


def with_entries(_stack: ExitStack, path: str) -> None:
    os.mkdir(path)
    write(f"{path}/{socket.gethostname()}-7f0.{os.getpid()}")


def claims_to_supervise(stack: ExitStack, path: str) -> None:
    """Bytes that anybody can write: the role counts with a kernel lock only."""
    write(path, make_record("").replace(b',"reason"', b',"role":"supervisor","reason"'))
    stack.enter_context(holder(path, FLOCK))


WAIT_FLOCK = "fcntl.flock(f, fcntl.LOCK_EX)"
WAIT_POSIX = "fcntl.lockf(f, fcntl.LOCK_EX)"
RUN = (NODE, CLI, "run", "--reason", "a reason", "PATH", "--", "sh", "-c", "echo ready; cat")
ODD = (
    b'1\n{"lockbridge":1,"pid":"x","start":1e3,"cmd":"\xff\\u0007",'
    b'"since":"2026-02-31T10:00:00.98765+02:30"}\n'
)

STATES: dict[str, State] = {
    "nothing": lambda _stack, _path: None,
    "an empty file": content(),
    "a directory": lambda _stack, path: os.mkdir(path),
    "a directory with a name in it": with_entries,
    "a link to nowhere": lambda _stack, path: os.symlink("nowhere\x1b[1m", path),
    "a link with a host and a pid": lambda _stack, path: os.symlink("user@host.77:1", path),
    "a link of odd bytes": lambda _stack, path: os.symlink(b"\xff\xfe x", os.fsencode(path)),
    "a FIFO": lambda _stack, path: os.mkfifo(path),
    "a socket": socket_at,
    "procmail's 0": content(b"0"),
    "bytes of no protocol": content(b"\x00\xffwhat is this"),
    "more than is ever read": content(b"x" * 10_000),
    "a file with two names": another_link,
    "our mark of residue": content(RESIDUE_MARK),
    "our record, of a process that lives": content(make_record("why")),
    "our record, of a process that was killed": lambda _stack, path: left_by_dead(path),
    "our record, of another boot": content(b'1\n{"lockbridge":1,"pid":1,"boot":"x"}\n'),
    "our record, with odd bytes": content(ODD),
    "our record, with a broken line": content(b'1\n{"lockbridge":1,"pid":\n'),
    "our record, with a date that is none": content(
        b'1\n{"lockbridge":1,"since":"2026-13-01T00:00:00Z"}\n'
    ),
    "our inode, its content overwritten": own_without_content,
    "the tag of Helios": content(b"\x02c"),
    "a pid that lives": content(f"{os.getpid()}\n".encode()),
    "a pid that nobody has": content(b"4194301\n"),
    "a pid with spaces": content(b"         1\n"),
    "a pid and another host": content(b"77\nelsewhere\n"),
    "a pid and this host": content(f"4194301\n{socket.gethostname()}\n".encode()),
    "a flock": held_by(FLOCK),
    "two shared flocks": held_by(FLOCK_SHARED, FLOCK_SHARED),
    "a flock that a child inherited": held_by(LEFT_TO_CHILD),
    "a flock and a record lock": held_by(FLOCK, POSIX),
    "a POSIX lock": held_by(POSIX),
    "POSIX locks on ranges": held_by(POSIX_BYTES),
    "an OFD lock": held_by(OFD),
    "an OFD lock on a range": held_by(OFD_BYTES),
    "a mere opener": held_by(OPEN_ONLY),
    "a flock on the tag of Helios": lambda stack, path: (
        write(path, b"\x02c"),
        stack.enter_context(holder(path, FLOCK)),
    ),
    "a record that claims to be a supervisor's": claims_to_supervise,
    "waiters for a flock": wait_for(FLOCK, WAIT_FLOCK, WAIT_FLOCK),
    "a waiter for a POSIX lock": wait_for(POSIX, WAIT_POSIX),
    "flock(1)": running("flock", "PATH", "sh", "-c", "echo ready; cat"),
    "flock(1), shared": running("flock", "-s", "PATH", "sh", "-c", "echo ready; cat"),
    "lockbridge run": running(*RUN),
    "a lock of this package": lambda stack, path: stack.enter_context(own(path)),
    "an orphan": orphan(),
    "an orphan and its successor": orphan("successor"),
    "an orphan of this package": own_orphan,
}


@needs_node
@pytest.mark.parametrize("state", STATES)
def test_both_sides_say_the_same_of(state: str, tmp_path: Path) -> None:
    path = str(tmp_path / "l.lock")
    with ExitStack() as stack:
        STATES[state](stack, path)
        ours, theirs = both_say(path)
        assert ours == theirs


@needs_node
@pytest.mark.skipif(find_spec("lockfile") is None, reason="needs the real lockfile library")
@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("linklockfile", "LinkLockFile"),
        ("mkdirlockfile", "MkdirLockFile"),
        ("symlinklockfile", "SymlinkLockFile"),
        ("pidlockfile", "PIDLockFile"),
    ],
)
def test_both_sides_know_the_old_library(
    module: str, name: str, alive: bool, tmp_path: Path
) -> None:
    given = str(tmp_path / "l")
    path = given if name == "PIDLockFile" else f"{given}.lock"
    with ExitStack() as stack:
        program = peer_program(module, name)
        if alive:
            stack.enter_context(child(sys.executable, "-c", program, given))
        else:
            left_by_dead(given, program)
        ours, theirs = both_say(path)
        assert ours == theirs
        assert theirs["verdict"] in ("held", "stale")


@needs_node
def test_many_paths_are_seen_as_each_alone(tmp_path: Path) -> None:
    with ExitStack() as stack:
        paths = []
        for number, state in enumerate(("an empty file", "a flock", "nothing", "an orphan")):
            path = str(tmp_path / f"{number}.lock")
            STATES[state](stack, path)
            paths.append(path)
        seen = [
            as_json(one.as_dict()) for one in inspect_all(paths) if not isinstance(one, LockError)
        ]
        assert [*map(comparable, seen)] == [*map(comparable, status(*paths))]


@needs_node
@pytest.mark.parametrize("policy", ["free", "held", "nonsense"])
def test_both_sides_read_the_policy_for_empty_files(
    policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKBRIDGE_EMPTY", policy)
    path = write(str(tmp_path / "l.lock"))
    assert as_json(inspect(path).as_dict()) == status(path)[0]


@needs_node
def test_both_sides_know_the_place_of_a_service(tmp_path: Path) -> None:
    place = tmp_path / "tmp/balena-supervisor/services/77/main"
    place.mkdir(parents=True)
    path = write(str(place / "updates.lock"))
    assert as_json(inspect(path).as_dict()) == status(path)[0]
    assert status(path)[0]["service"] == {"app": "77", "service": "main"}


@needs_node
@pytest.mark.parametrize(
    "path", ["nowhere/l.lock", "file/l.lock", "long" * 100 + "/l.lock", "loop/l.lock"]
)
def test_both_sides_refuse_with_the_same_words(path: str, tmp_path: Path) -> None:
    write(str(tmp_path / "file"))
    os.symlink("loop", tmp_path / "loop")
    path = str(tmp_path / path)
    with pytest.raises(LockError) as refused:
        inspect(path)
    command = [NODE, CLI, "status", path]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.stderr == f"lockbridge: {refused.value}\n"
    assert done.returncode == refused.value.exit_code


_INSPECT = """
import json, sys
from lockbridge._inspect.inspect import inspect
print(json.dumps(inspect(sys.argv[1]).as_dict()))
"""


def _without_numbers(answer: dict[str, Any]) -> dict[str, Any]:
    """How many processes are hidden changes from moment to moment."""
    answer["unseen"] = [text.lstrip("0123456789") for text in answer["unseen"]]
    return answer


@needs_node
@needs_root
@pytest.mark.parametrize("mode", [0o644, 0o600, 0o666])
@pytest.mark.parametrize("hold", [FLOCK, OFD, OPEN_ONLY, ""])
def test_both_sides_see_as_little_as_another_user(mode: int, hold: str) -> None:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        os.chmod(directory, 0o755)
        path = write(os.path.join(directory, "l.lock"))
        os.chmod(path, mode)
        if hold:
            stack.enter_context(holder(path, hold))
        (theirs,) = status(path, user=NOBODY, group=NOBODY)
        command = [sys.executable, "-c", _INSPECT, path]
        options: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "env": environment()}
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout
        ours = comparable(json.loads(said))
        assert _without_numbers(ours) == _without_numbers(comparable(theirs))


@needs_node
@needs_root
def test_both_sides_name_a_device(tmp_path: Path) -> None:
    for kind in (0o020000, 0o060000):
        path = str(tmp_path / f"{kind}.lock")
        os.mknod(path, kind | 0o600, os.makedev(1, 3))
        assert as_json(inspect(path).as_dict()) == status(path)[0]


def test_an_identity_is_that_of_the_inode(tmp_path: Path) -> None:
    path = write(str(tmp_path / "l.lock"))
    assert inspect(path).id == _system.stat_name(path).id
