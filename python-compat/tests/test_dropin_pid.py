"""Pid locks and pid files: the old behaviour, and what a pid of ours means."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from dropin_support import (
    OLD,
    OURS,
    Library,
    every,
    ids,
)
from lockbridge.lockfile.pidlockfile import PIDLockFile, read_pid_from_pidfile

both_pid = pytest.mark.parametrize("library", every(OLD, OURS, kinds=["PIDLockFile"]), ids=ids)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates")


@both_pid
def test_a_pid_lock_is_not_taken_twice_and_waits_only_if_asked(library: Library, path: str) -> None:
    lock = library.make(path)
    lock.acquire()
    assert os.listdir(os.path.dirname(path)) == ["updates"]
    assert lock.read_pid() == os.getpid()
    second = library.make(path)
    assert second.i_am_locking()
    for timeout in (None, 0, -1):
        with pytest.raises(library.module.AlreadyLocked):
            second.acquire(timeout)
    for waits in (lambda: second.acquire(0.05), library.make(path, timeout=0.05).acquire):
        with pytest.raises(library.module.LockTimeout):
            waits()
    second.release()
    assert not lock.is_locked()
    assert lock.read_pid() is None


@both_pid
def test_a_pid_file_is_written_read_and_removed(library: Library, path: str) -> None:
    module = importlib.import_module(f"{library.name}.pidlockfile")
    assert module.read_pid_from_pidfile(path) is None
    module.write_pid_to_pidfile(path)
    assert Path(path).read_text() == f"{os.getpid()}\n"
    assert module.read_pid_from_pidfile(path) == os.getpid()
    with pytest.raises(FileExistsError):
        module.write_pid_to_pidfile(path)
    module.remove_existing_pidfile(path)
    module.remove_existing_pidfile(path)
    assert not os.path.exists(path)
    with pytest.raises(IsADirectoryError):
        module.remove_existing_pidfile(os.path.dirname(path))


@both_pid
@pytest.mark.parametrize(
    ("content", "pid"),
    [
        ("4711\n", 4711),
        ("4711", 4711),
        ("  004711 \nmore\nlines\n", 4711),
        ("", None),
        ("\n4711\n", None),
        ("4711 lines\n", None),
        ("none\n", None),
    ],
)
def test_the_first_line_of_a_pid_file_is_read_with_tolerance(
    library: Library, path: str, content: str, pid: Any
) -> None:
    Path(path).write_text(content)
    assert library.make(path).read_pid() == pid


@both_pid
def test_a_daemons_own_pid_lock_may_put_a_timeout_into_every_acquire(
    library: Library, path: str
) -> None:
    class Patient(library.make):  # type: ignore[misc, name-defined]
        def __init__(self, path: str, limit: float) -> None:
            self.limit = limit
            super().__init__(path)

        def acquire(self, timeout: Any = None, *rest: Any) -> None:
            super().acquire(self.limit if timeout is None else timeout, *rest)

    with Patient(path, 0.05) as lock:
        assert lock.read_pid() == os.getpid()
        with pytest.raises(library.module.LockTimeout):
            Patient(path, 0.05).acquire()
    assert not lock.is_locked()


def test_a_pid_lock_on_a_relative_path_is_found_from_another_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lock = PIDLockFile("service.pid")
    lock.acquire()
    monkeypatch.chdir("/")
    assert lock.i_am_locking()
    assert lock.read_pid() == os.getpid()
    lock.release()
    assert os.listdir(tmp_path) == []


def test_the_file_of_a_pid_lock_says_pid_1_first_and_read_pid_says_who(path: str) -> None:
    with PIDLockFile(path) as lock:
        content = Path(path).read_bytes()
        assert content.startswith(b'1\n{"lockbridge":1,"pid":')
        assert lock.read_pid() == read_pid_from_pidfile(path) == os.getpid()


@pytest.mark.parametrize(
    ("field", "value"), [("pidns", 1), ("boot", "of another machine"), ("pid", 0), ("pid", "x")]
)
def test_a_pid_that_means_nothing_here_is_none(path: str, field: str, value: object) -> None:
    with PIDLockFile(path):
        first, _, record = Path(path).read_text().partition("\n")
    text = json.dumps({**json.loads(record), field: value}, separators=(",", ":"))
    Path(path).write_text(f"{first}\n{text}\n")
    assert read_pid_from_pidfile(path) is None


@pytest.mark.parametrize(
    "content",
    [
        b'1\n{"lockbridge":1,"residue":true}\n',
        b'1\n{"lockbridge":1,"pid":4711',
        b"0\n",
        b"-1\n",
        b"99999999999\n",
        b"\xff\xfe\n",
        b"4711" + b"0" * 600,
        "٤٧\n".encode(),
    ],
)
def test_what_names_no_process_is_no_pid(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)
    assert read_pid_from_pidfile(path) is None


def test_a_pid_file_is_not_read_through_a_link(path: str) -> None:
    Path(f"{path}.real").write_text("4711\n")
    os.symlink(f"{path}.real", path)
    assert read_pid_from_pidfile(path) is None
