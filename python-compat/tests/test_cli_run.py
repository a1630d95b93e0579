"""``run``: locks that are held for as long as a command runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from cli_helpers import OURS, beside, cli, complained_first, said_first, start, touch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


def test_it_holds_while_the_command_runs_and_leaves_nothing(path: str) -> None:
    seen = cli("run", path, "--", "flock", "-n", path, "true")
    assert seen.returncode == 1  # flock refused, and its exit code came back
    assert beside(path) == []


def test_it_ends_with_128_and_the_signal_that_killed_its_command(path: str) -> None:
    assert cli("run", path, "--", "sh", "-c", "kill -9 $$").returncode == 137
    assert beside(path) == []


def test_a_conflict_names_the_holder_and_takes_the_code_of_E(path: str, tmp_path: Path) -> None:
    (tmp_path / "updates.lock").write_text("0")
    os.chmod(path, 0o444)
    seen = cli("run", "-n", "-E", "9", path, "--", "true")
    assert seen.returncode == 9
    assert "procmail" in seen.stderr
    assert cli("run", "-n", path, "--", "true").returncode == 1


def test_it_takes_all_paths_or_none(path: str, tmp_path: Path) -> None:
    touch(str(tmp_path / "z.lock"))
    seen = cli("run", "--json", "-n", path, str(tmp_path / "z.lock"), "--", "true")
    assert seen.returncode == 1
    said = json.loads(seen.stdout)
    assert said["error"] == "ERR_LOCK_HELD"
    assert [one["path"] for one in said["blockers"]] == [str(tmp_path / "z.lock")]
    assert beside(path) == ["z.lock"]


def test_it_names_every_blocker_and_takes_nothing_behind_the_first(
    path: str, tmp_path: Path
) -> None:
    others = [str(tmp_path / name) for name in ("a.lock", "c.lock")]
    for other in others:
        touch(other)
    seen = cli("run", "--json", "-n", *reversed(others), str(tmp_path / "b.lock"), "--", "true")
    assert [one["path"] for one in json.loads(seen.stdout)["blockers"]] == others
    assert beside(path) == ["a.lock", "c.lock"]


def test_two_paths_are_taken_once_the_one_that_is_held_goes_away(path: str, tmp_path: Path) -> None:
    other = str(tmp_path / "z.lock")
    touch(other)
    with start(*OURS, "run", path, other, "--", "ls", str(tmp_path)) as child:
        assert "waiting" in complained_first(child)
        assert beside(path) == ["z.lock"]  # nothing is held while waiting
        os.unlink(other)
        assert child.stdout is not None
        assert child.stdout.read() == "updates.lock\nz.lock\n"
        child.communicate()
    assert child.returncode == 0
    assert beside(path) == []


def test_a_path_given_twice_is_taken_once(path: str) -> None:
    assert cli("run", "-n", path, path, "--", "true").returncode == 0


def test_the_reason_is_shown_to_who_asks(path: str) -> None:
    seen = cli("run", path, "--reason", "flashing", "--", *OURS, "status", path)
    assert seen.stdout.splitlines()[0].endswith(": flashing")


def test_options_may_stand_between_paths(path: str, tmp_path: Path) -> None:
    other = str(tmp_path / "z.lock")
    seen = cli("run", path, "-n", other, "--", "ls", str(tmp_path))
    assert seen.stdout == "updates.lock\nz.lock\n"


def test_the_lock_outlives_a_killed_runner_for_as_long_as_its_command(path: str) -> None:
    with start(*OURS, "run", path, "--", "sh", "-c", "echo $$; exec cat") as child:
        pid = int(said_first(child))
        child.kill()
        child.wait()
        assert cli("run", "-n", path, "--", "true").returncode == 1
        assert subprocess.run(["flock", "-n", path, "true"], check=False).returncode == 1
        os.kill(pid, signal.SIGKILL)
        assert cli("wait", path).returncode == 0
    assert cli("run", "-n", path, "--", "true").returncode == 0
    assert beside(path) == []


def test_no_shell_reads_the_command(path: str, tmp_path: Path) -> None:
    seen = cli("run", path, "--", "printf", "%s", "$(touch x); `true` *")
    assert seen.stdout == "$(touch x); `true` *"


def test_what_follows_the_second_dashes_is_the_commands(path: str) -> None:
    assert cli("run", path, "--", "printf", "%s,", "--", "-n").stdout == "--,-n,"
