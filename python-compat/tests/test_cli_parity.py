"""For the same state both command lines give the same exit code, JSON and sentences."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from cli_helpers import OURS, said_first, start, touch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NODE = shutil.which("node")
_BIN = Path(__file__).resolve().parents[2] / "dist/bin.cjs"

pytestmark = pytest.mark.skipif(
    _NODE is None or not _BIN.exists(), reason="the Node command line is not built here"
)

THEIRS = (str(_NODE), str(_BIN))


class Said(NamedTuple):
    code: int
    #: Parsed where it is JSON: the order of keys says nothing.
    out: Any
    err: str


def said_by(program: tuple[str, ...], args: list[str]) -> Said:
    done = subprocess.run(
        [*program, *args], check=False, capture_output=True, text=True, timeout=30
    )
    # Where help is to be had is each one's own.
    err = "".join(line for line in done.stderr.splitlines(True) if not line.startswith("Try `"))
    # Theirs names the system call that failed, ours the step of the protocol.
    err = re.sub(r"\(\w+: (E[A-Z]+)\)", r"(\1)", err)
    is_json = done.stdout[:1] in ("[", "{")
    out = json.loads(done.stdout, object_hook=_without_starts) if is_json else done.stdout
    return Said(done.returncode, out, err)


def _without_starts(value: dict[str, Any]) -> dict[str, Any]:
    """When a process started is known to a hundredth of a second only, and so is what follows."""
    value.pop("started", None)
    if value.get("by") == "kernel":
        value.pop("since", None)
    return value


def assert_same(*args: str) -> Said:
    ours = said_by(OURS, list(args))
    assert ours == said_by(THEIRS, list(args))
    return ours


@contextmanager
def holding(*command: str) -> Iterator[None]:
    """Runs ``command``, which says a line once it holds, and ends it by closing its input."""
    with start(*command) as child:
        assert said_first(child) == "held\n"
        yield
        child.communicate()


RESIDUE = '1\n{"lockbridge":1,"residue":true}\n'
HOLD = ("sh", "-c", "echo held; exec cat")


def _as_procmail(at: Path) -> None:
    at.write_text("0")
    at.chmod(0o444)


STATES: dict[str, Callable[[Path], object]] = {
    "free": lambda at: None,
    "empty": Path.touch,
    "procmail": _as_procmail,
    "directory": Path.mkdir,
    "link": lambda at: at.symlink_to("nowhere"),
    "fifo": os.mkfifo,
    "residue": lambda at: at.write_text(RESIDUE),
}


def make(tmp_path: Path, state: str) -> str:
    at = tmp_path / f"{state}.lock"
    STATES[state](at)
    return str(at)


@pytest.mark.parametrize("policy", [(), ("--empty=held",), ("--empty=free",)])
def test_status_is_the_same(tmp_path: Path, policy: tuple[str, ...]) -> None:
    paths = [make(tmp_path, state) for state in STATES]
    assert_same("status", *policy, *paths)
    assert_same("status", "--json", *policy, *paths)


@pytest.mark.parametrize("state", ["empty", "directory", "link"])
def test_a_refused_run_is_the_same(tmp_path: Path, state: str) -> None:
    path = make(tmp_path, state)
    assert assert_same("run", "-n", "-E", "7", "--json", path, "--", "true").code == 7
    assert assert_same("run", "-w", "0.05", path, "--", "true").code == 1


def test_many_paths_are_refused_in_the_same_words(tmp_path: Path) -> None:
    paths = [make(tmp_path, state) for state in STATES]
    assert assert_same("run", "-n", "--json", *paths, "--", "true").code == 1


@pytest.mark.parametrize("state", ["procmail", "residue"])
def test_a_wait_that_ends_is_the_same(tmp_path: Path, state: str) -> None:
    assert_same("wait", "-w", "0.05", "--json", make(tmp_path, state))


def test_a_refused_break_is_the_same(tmp_path: Path) -> None:
    path = str(tmp_path / "updates.lock")
    touch(path)
    assert_same("break", path)
    assert_same("break", "--id", "0:0:1@2.000000003", path)
    assert_same("break", "--json", "--id", "no id", path)


def test_a_break_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "updates.lock"
    for args in (["break"], ["break", "--json"]):
        path.write_text(RESIDUE)
        ours = said_by(OURS, [*args, str(path)])
        path.write_text(RESIDUE)
        theirs = said_by(THEIRS, [*args, str(path)])
        assert ours.code == theirs.code == 0
        assert _without_times(ours.out) == _without_times(theirs.out)
        assert not path.exists()


def _without_times(out: Any) -> Any:
    if isinstance(out, str):
        return out
    own = ("id", "changed", "since")
    return {**out, "before": {k: v for k, v in out["before"].items() if k not in own}}


@pytest.mark.parametrize("holder", ["flock", "shared", "python", "node"])
def test_what_is_said_of_a_live_holder_is_the_same(tmp_path: Path, holder: str) -> None:
    path = str(tmp_path / "updates.lock")
    command = {
        "flock": ("flock", path, *HOLD),
        "shared": ("flock", "-s", path, *HOLD),
        "python": (*OURS, "run", "--reason", "a reason", path, "--", *HOLD),
        "node": (*THEIRS, "run", "--reason", "a reason", path, "--", *HOLD),
    }[holder]
    with holding(*command):
        assert_same("status", path)
        assert_same("run", "-n", path, "--", "true")
        assert_same("wait", "-w", "0.05", "--json", path)
        assert_same("break", path)


def test_mistakes_that_are_no_matter_of_parsing_are_the_same(tmp_path: Path) -> None:
    path = str(tmp_path / "updates.lock")
    for args in (
        ["run", path],
        ["run", "-w", "soon", path, "--", "true"],
        ["wait", "-w", "-1", path],
        ["run", path, "--", "no-such-program"],
        ["run", path, "--", "/etc/passwd"],
        ["status", str(tmp_path / "no/such.lock")],
        ["run", str(tmp_path / "no/such.lock"), "--", "true"],
        ["wait", str(tmp_path / "no/such.lock")],
        ["break", str(tmp_path / "no/such.lock")],
        ["status", ""],
        ["status", f"{tmp_path}/"],
        ["run", "-n", str(tmp_path / ("n" * 256)), "--", "true"],
    ):
        assert assert_same(*args).code in (64, 66, 69, 73)


def test_the_exit_code_of_a_command_is_the_same(tmp_path: Path) -> None:
    path = str(tmp_path / "updates.lock")
    assert assert_same("run", path, "--", "sh", "-c", "echo out; echo err >&2; exit 3").code == 3
    assert assert_same("run", path, "--", "sh", "-c", "kill -USR1 $$").code == 138
