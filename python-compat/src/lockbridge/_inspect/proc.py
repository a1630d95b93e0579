"""Reading /proc: "" for whatever is not there or not ours to read."""

from __future__ import annotations

import os


def read_proc(path: str) -> str:
    """A whole file of the kernel's own making."""
    try:
        with open(path, "rb", buffering=0) as file:
            return (file.readall() or b"").decode("utf-8", "replace")
    except OSError:
        return ""


def read_start(path: str, size: int) -> str:
    """The first bytes of a file whose length a stranger decides, such as a command line."""
    try:
        with open(path, "rb", buffering=0) as file:
            return (file.read(size) or b"").decode("utf-8", "replace")
    except OSError:
        return ""


def visible_pids() -> list[int]:
    """The pids that /proc shows."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def boot_id() -> str:
    """The kernel's number for this boot; "" where there is none."""
    return read_proc("/proc/sys/kernel/random/boot_id").strip()
