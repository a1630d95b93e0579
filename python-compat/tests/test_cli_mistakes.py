"""A mistake gets one clear line and its exit code, and leaves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli_helpers import OURS, beside, cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


MISTAKES = [
    ("no command", [], 64, "a command is needed"),
    ("an unknown command", ["bogus"], 64, "bogus"),
    ("an unknown option", ["status", "{path}", "--bogus"], 64, "bogus"),
    ("an abbreviated option", ["status", "{path}", "--js"], 64, "--js"),
    ("no path", ["status"], 64, "path"),
    ("two paths to break", ["break", "{path}", "b"], 64, "b"),
    ("an empty path", ["status", ""], 64, "path must be a file name"),
    ("a trailing slash", ["run", "{dir}/", "--", "true"], 64, "not of a directory"),
    ("nothing after --", ["run", "{path}", "--"], 64, "no command to run"),
    ("no --", ["run", "{path}"], 64, "no command to run"),
    ("a negative time", ["run", "-w", "-1", "{path}", "--", "true"], 64, "--wait must be seconds"),
    ("a time that is no number", ["wait", "-w", "soon", "{path}"], 64, "--wait must be seconds"),
    ("a time that is not one", ["wait", "-w", "nan", "{path}"], 64, "--wait must be seconds"),
    ("a code out of range", ["run", "-E", "300", "{path}", "--", "true"], 64, "0 to 255"),
    ("an unknown policy", ["status", "--empty", "maybe", "{path}"], 64, "maybe"),
    ("a missing parent", ["run", "{dir}/no/x.lock", "--", "true"], 66, "does not exist"),
    ("a missing parent to look at", ["status", "{dir}/no/x.lock"], 66, "does not exist"),
    ("a missing program", ["run", "{path}", "--", "no-such-program"], 69, "ENOENT"),
    ("a program that is none", ["run", "{path}", "--", "/etc/passwd"], 69, "EACCES"),
    ("a name that is too long", ["run", "-n", "{dir}/" + "n" * 256, "--", "true"], 73, "longer"),
]


@pytest.mark.parametrize(
    ("args", "code", "says"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_gets_one_line_and_its_code(
    path: str, args: list[str], code: int, says: str
) -> None:
    at = {"path": path, "dir": os.path.dirname(path)}
    seen = cli(*(arg.format(**at) for arg in args))
    assert seen.returncode == code
    lines = seen.stderr.splitlines()
    assert lines[0].startswith("lockbridge: ")
    assert says in lines[0]
    assert [line[:5] for line in lines[1:]] == (["Try `"] if code == 64 else [])
    assert seen.stdout == ""
    assert beside(path) == []


def test_help_and_version_go_to_stdout() -> None:
    for args in (["--help"], ["run", "--help"], ["break", "-h"]):
        seen = cli(*args)
        assert (seen.returncode, seen.stderr) == (0, "")
        assert seen.stdout.startswith("usage: python3 -m lockbridge")
    version = cli("--version").stdout.strip()
    assert version.count(".") == 2


def test_a_closed_stdout_is_no_error_and_no_lock_file(path: str) -> None:
    script = "import os, sys; os.close(1); os.execv(sys.argv[1], sys.argv[1:])"
    for args in (("status", path), ("run", path, "--", "sh", "-c", 'echo hi; cat "$0" >&2', path)):
        seen = subprocess.run(
            [sys.executable, "-c", script, *OURS, *args],
            check=False,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert seen.returncode == 0
        assert "hi" not in seen.stderr
        assert "Traceback" not in seen.stderr


def test_a_full_disk_under_stdout_is_not_taken_for_a_conflict(path: str) -> None:
    with open("/dev/full", "w") as full:
        seen = subprocess.run(
            [*OURS, "status", path], check=False, stdout=full, stderr=subprocess.DEVNULL
        )
    assert seen.returncode == 71


def test_a_reader_that_has_read_enough_is_no_error(path: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        seen = subprocess.run(
            [*OURS, "status", path], check=False, stdout=write, stderr=subprocess.PIPE
        )
    finally:
        os.close(write)
    assert (seen.returncode, seen.stderr) == (0, b"")


def test_an_answer_that_cannot_be_written_is_a_failure_and_not_a_verdict(path: str) -> None:
    with open("/dev/full", "w") as full:
        args = [*OURS, "status", path]
        done = subprocess.run(args, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 71
    assert done.stderr == "lockbridge: cannot write the answer: ENOSPC\n"
