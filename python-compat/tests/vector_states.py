"""Makes the directory states of test/vectors/states.json (its README.md has the steps)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VECTORS = Path(__file__).resolve().parents[2] / "test" / "vectors"


def _filled(text: str) -> str:
    """What depends on where and when the vectors run."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    text = text.replace("{self}", str(os.getpid())).replace("{host}", socket.gethostname())
    return text.replace("{boot}", boot)


def _helper(stack: ExitStack, *words: str) -> subprocess.Popen[str]:
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, str(VECTORS / "holder.py"), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    )
    stack.callback(process.kill)  # before the wait that ends the context
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said in ("held\n", "done\n"), f"holder.py {words} said: {said}"
    return process


def _make(stack: ExitStack, directory: str, step: dict[str, Any]) -> None:
    path = os.path.join(directory, step["name"])
    kind = step["make"]
    if kind == "file":
        with open(path, "wb") as file:
            file.write(_filled(step["content"]).encode("latin-1"))
    elif kind == "directory":
        os.mkdir(path)
    elif kind == "symlink":
        os.symlink(_filled(step["target"]), path)
    elif kind == "link":
        os.link(os.path.join(directory, step["to"]), path)
    elif kind != "mode":
        _helper(stack, kind, path, *([step["value"]] if "value" in step else [])).wait()
    if "size" in step:
        os.truncate(path, step["size"])
    if "uid" in step:
        os.chown(path, step["uid"], step["uid"])
    if "mode" in step:
        os.chmod(path, int(step["mode"], 8))
    if "mtime" in step:
        os.utime(path, (step["mtime"], step["mtime"]))


@contextmanager
def made_state(directory: str, steps: Sequence[dict[str, Any]]) -> Iterator[dict[str, int]]:
    """Takes the steps in ``directory``; gives the pids of the processes that hold, by name."""
    with ExitStack() as stack:
        holders: dict[str, subprocess.Popen[str]] = {}
        for step in steps:
            if "make" in step:
                _make(stack, directory, step)
            elif "hold" in step:
                path = os.path.join(directory, step["name"])
                holders[step["as"]] = _helper(stack, step["hold"], path)
            elif "release" in step:
                holders[step["release"]].communicate()
            elif "move" in step:
                old, new = step["move"], step["to"]
                os.rename(os.path.join(directory, old), os.path.join(directory, new))
            else:
                os.remove(os.path.join(directory, step["remove"]))
        yield {name: process.pid for name, process in holders.items()}
