"""The example of the README runs, and its tables name what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import lockbridge

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_example_runs_as_it_stands(tmp_path: Path) -> None:
    blocks: list[str] = re.findall(r"```python[^\n]*\n(.*?)```", README, re.DOTALL)
    path = str(tmp_path / "updates.lock")
    code = blocks[0].replace("/tmp/balena/updates.lock", path)
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "unlinked"
    assert ran.stderr == ""
    with lockbridge.Lock(path):
        ran = subprocess.run(
            [sys.executable, "-c", code.replace("timeout=30", "timeout=0")],
            check=False,
            capture_output=True,
            text=True,
        )
        assert "lockbridge.errors.LockHeld: locked: " in ran.stderr


def test_every_name_of_the_table_exists() -> None:
    table = README[README.index("## API") : README.index("Options of `Lock`")]
    cells = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    for name in re.findall(r"`\.?(?:lock\.)?(\w+)", cells):
        assert hasattr(lockbridge, name) or hasattr(lockbridge.Lock, name), name


def test_every_public_name_is_in_the_readme() -> None:
    unsaid = {"__version__", "Inspection", "LockRecord", "Mechanisms"}
    for name in set(lockbridge.__all__) - unsaid:
        assert re.search(rf"`{name}\b", README), name
