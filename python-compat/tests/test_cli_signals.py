"""Signals while ``run`` waits, and while its command runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli_helpers import OURS, beside, cli, complained_first, said_first, start, touch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_for_the_runner_is_passed_on_to_the_command(
    path: str, number: signal.Signals
) -> None:
    with start(*OURS, "run", path, "--", "sh", "-c", "echo ready; exec cat") as child:
        said_first(child)
        child.send_signal(number)
        assert child.wait() == 128 + number
    assert beside(path) == []


def test_the_command_decides_whether_it_ends(path: str) -> None:
    # It looks up every second: bash may sleep on a signal that comes just before it reads.
    read = "until read -t 1 line; do :; done"
    script = f"trap 'echo term' TERM; trap 'echo int' INT; echo ready; {read}"
    with start(*OURS, "run", path, "--", "bash", "-c", f"{script}; exit 7") as child:
        said_first(child)
        child.send_signal(signal.SIGINT)  # a terminal's: it sends it to the command itself
        child.send_signal(signal.SIGTERM)
        assert said_first(child) == "term\n"
        out, _ = child.communicate("go on\n")
    assert (child.returncode, out) == (7, "")
    assert beside(path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_comes_while_waiting_ends_it_and_leaves_nothing(
    path: str, tmp_path: Path, number: signal.Signals
) -> None:
    other = str(tmp_path / "z.lock")
    touch(other)
    with start(*OURS, "run", path, other, "--", "true") as child:
        assert "waiting" in complained_first(child)
        child.send_signal(number)
        _, err = child.communicate()
    assert child.returncode == -number
    assert "Traceback" not in err
    assert beside(path) == ["z.lock"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_wait_for_a_kernel_lock_ends_by_a_signal(path: str, number: signal.Signals) -> None:
    holder = subprocess.Popen(
        ["flock", path, "sh", "-c", "echo held; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        said_first(holder)
        with start(*OURS, "run", path, "--", "true") as child:
            assert "waiting" in complained_first(child)
            child.send_signal(number)
            _, err = child.communicate()
        assert child.returncode == -number
        assert "Traceback" not in err
        holder.communicate()


def test_the_command_inherits_no_blocked_and_no_ignored_signal(path: str) -> None:
    show = cli("run", path, "--", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status").stdout
    plain = subprocess.run(
        ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert show == plain


def test_what_nohup_ignores_stays_ignored_in_the_command(path: str) -> None:
    script = (
        "import os, signal, sys; "
        "signal.signal(1, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    seen = subprocess.run(
        [
            sys.executable,
            "-c",
            script,
            *OURS,
            "run",
            path,
            "--",
            "sh",
            "-c",
            "kill -HUP $$; echo on",
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert seen.stdout == "on\n"
