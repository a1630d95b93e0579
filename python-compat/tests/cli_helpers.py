"""Command lines in processes of their own, as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys

OURS = (sys.executable, "-m", "lockbridge")


def cli(*args: str) -> subprocess.CompletedProcess[str]:
    """Runs ours to its end."""
    return subprocess.run([*OURS, *args], check=False, capture_output=True, text=True, timeout=30)


def start(*command: str) -> subprocess.Popen[str]:
    """Starts a program that can be written to and read from."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said_first(child: subprocess.Popen[str]) -> str:
    """The next line on its stdout."""
    assert child.stdout is not None
    return child.stdout.readline()


def complained_first(child: subprocess.Popen[str]) -> str:
    """The next line on its stderr."""
    assert child.stderr is not None
    return child.stderr.readline()


def beside(path: str) -> list[str]:
    """What is in the directory of ``path``."""
    return sorted(os.listdir(os.path.dirname(path)))


def touch(path: str) -> None:
    """Makes the empty file of which nobody can know whose it is."""
    with open(path, "w"):
        pass
