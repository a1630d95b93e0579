"""Names that are no text, and locales of another time."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from cli_helpers import OURS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_locale_of_another_time_garbles_nothing(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xc3\xa9\xff.lock"
    seen = subprocess.run(
        [*OURS, "status", path],
        check=False,
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    assert seen.returncode == 0
    assert b"/\xc3\xa9\xef\xbf\xbd.lock' is free" in seen.stdout


def test_a_path_that_no_text_can_be_is_locked_all_the_same(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.lock"
    seen = subprocess.run(
        [*OURS, "run", path, "--", "ls", "--", os.fsencode(tmp_path)],
        check=False,
        capture_output=True,
    )
    assert (seen.returncode, seen.stdout) == (0, b"\xff.lock\n")


def test_a_name_that_would_command_the_terminal_is_shown_as_what_it_is_not(tmp_path: Path) -> None:
    path = str(tmp_path / "\x1b[2J\r\n.lock")
    (tmp_path / "\x1b[2J\r\n.lock").touch()
    for words in (
        ["status", path],
        ["run", "-n", path, "--", "true"],
        ["break", path],
        ["break", "--empty", "free", path],
        ["break", path],
        ["status", path],
    ):
        seen = subprocess.run([*OURS, *words], check=False, capture_output=True, text=True)
        assert "?[2J??.lock" in seen.stdout + seen.stderr
        assert not set(seen.stdout + seen.stderr) & {"\x1b", "\r"}
