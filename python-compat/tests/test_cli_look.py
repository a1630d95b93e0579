"""``status``, ``wait`` and ``break`` as a user meets them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from cli_helpers import OURS, beside, cli, complained_first, start, touch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


def test_status_says_free_or_who_and_why(path: str) -> None:
    seen = cli("status", path)
    assert (seen.returncode, seen.stdout) == (0, f"'{path}' is free\n")
    touch(path)
    assert json.loads(cli("status", "--json", path).stdout)[0]["by"] == "undecidable"
    assert cli("status", path).returncode == 1
    assert cli("status", "--empty=free", path).returncode == 0


def test_wait_gives_up_with_1_and_says_once_whom_it_waited_for(path: str) -> None:
    touch(path)
    seen = cli("wait", "-w", "0.1", path)
    assert seen.returncode == 1
    assert seen.stderr.count("lockbridge: waiting:") == 1


def test_wait_ends_when_the_lock_goes(path: str) -> None:
    touch(path)
    with start(*OURS, "wait", "--json", path) as child:
        assert "waiting" in complained_first(child)
        os.unlink(path)
        out, _ = child.communicate()
    assert child.returncode == 0
    assert [one["verdict"] for one in json.loads(out)] == ["free"]


def test_break_refuses_a_held_lock_and_takes_it_by_its_id(path: str) -> None:
    touch(path)
    assert cli("break", path).returncode == 1
    refused = cli("break", "--force", path)
    assert refused.returncode == 64
    lock = json.loads(cli("status", "--json", path).stdout)[0]
    assert lock["id"] in refused.stderr
    other = lock["id"].replace(":0:", ":1:")
    assert cli("break", "--force", "--id", other, path).returncode == 1
    done = cli("break", "--force", "--id", lock["id"], path)
    assert (done.returncode, done.stdout[:8]) == (0, "broken: ")
    assert beside(path) == []
    assert cli("break", path).stdout == f"'{path}' is free already\n"
