"""Whatever is at the path, however the path is spelled: no hang, one clear exception."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import Any

import pytest

import lockbridge
from dropin_support import (
    OURS,
    Library,
    every,
    ids,
    in_fork,
    in_thread,
    outcome,
)
from lockbridge import lockfile
from lockbridge.lockfile.pidlockfile import PIDLockFile

ours = pytest.mark.parametrize("library", every(OURS), ids=ids)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates")


def make_fifo(name: str) -> None:
    os.mkfifo(name)


def make_socket(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)


def make_link(name: str) -> None:
    os.symlink("nowhere", name)


def make_empty(name: str) -> None:
    open(name, "xb").close()


def make_huge(name: str) -> None:
    with open(name, "xb") as file:
        file.truncate(10 << 30)


@ours
@pytest.mark.parametrize(
    "make", [os.mkdir, make_fifo, make_socket, make_link, make_empty, make_huge]
)
def test_whatever_is_there_is_held_and_can_be_broken(
    library: Library, make: Any, tmp_path: Path
) -> None:
    short = os.open(tmp_path, os.O_PATH)  # a socket's name has at most 107 bytes
    path = f"/proc/self/fd/{short}/p"
    make(library.lock_file(path))
    lock = library.make(path)
    assert lock.is_locked()
    assert not lock.i_am_locking()
    if library.kind == "PIDLockFile":
        assert lock.read_pid() is None
    assert outcome(lambda: lock.acquire(0)) == "AlreadyLocked"
    assert outcome(lambda: lock.acquire(0.02)) == "LockTimeout"
    assert outcome(lock.release) == "NotMyLock"
    lock.break_lock()
    assert os.listdir(tmp_path) == []
    lock.acquire(0)
    lock.release()
    os.close(short)


@ours
def test_a_directory_that_is_missing_or_is_none_fails_at_once_with_the_reason(
    library: Library, path: str
) -> None:
    for parent in (os.path.join(path, "missing"), "/dev/null"):
        lock = library.make(os.path.join(parent, "updates"))
        with pytest.raises(lockfile.LockFailed, match="director") as failed:
            lock.acquire()
        cause = failed.value.__cause__
        assert isinstance(cause, lockbridge.LockError)
        assert cause.code == "ERR_LOCK_PATH"
        assert str(failed.value) == str(cause)
        assert not lock.is_locked()
        lock.break_lock()


@ours
@pytest.mark.parametrize("name", ["n" * 300, "with\0nul"])
def test_an_impossible_name_fails(library: Library, name: str, tmp_path: Path) -> None:
    with pytest.raises(lockfile.LockFailed):
        library.make(str(tmp_path / name)).acquire()


def test_the_empty_name_is_no_pid_file() -> None:
    with pytest.raises(lockfile.LockFailed):
        PIDLockFile("").acquire()


@ours
def test_a_directory_without_permission_fails(library: Library, tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs to become another user")
    for one in (tmp_path, *list(tmp_path.parents)[:2]):
        os.chmod(one, 0o755)
    lock = library.make(str(tmp_path / "updates"))
    file = library.lock_file(str(tmp_path / "updates"))
    make_empty(file)

    def child() -> list[Any]:
        os.setresuid(65534, 65534, 65534)
        failed = outcome(lock.break_lock)
        return [failed, outcome(library.make(f"{tmp_path}/other").acquire), lock.is_locked()]

    assert in_fork(child) == ["UnlockError", "LockFailed", True]
    assert os.listdir(tmp_path) == [os.path.basename(file)]


@ours
def test_paths_may_be_path_objects(library: Library, tmp_path: Path) -> None:
    with library.make(tmp_path / "updates") as lock:
        assert lock.path == tmp_path / "updates"
        assert os.path.exists(library.lock_file(str(tmp_path / "updates")))


def test_a_timeout_may_be_infinite_and_one_that_is_no_number_is_a_mistake(path: str) -> None:
    lock = lockfile.LockFile(path)
    for timeout in (float("inf"), 1e300, True):
        lock.acquire(timeout)
        lock.release()
    bad: Any = "soon"
    with pytest.raises(TypeError):
        lock.acquire(bad)
    assert not lock.is_locked()
    with lockfile.LockFile(path):
        nan = in_thread(lambda: lockfile.LockFile(path).acquire(float("nan")))
    assert type(nan) is lockfile.AlreadyLocked


@ours
def test_the_lock_of_a_live_supervisor_is_not_broken(library: Library, path: str) -> None:
    file = library.lock_file(path)
    with lockbridge.Lock(file):
        content = Path(file).read_text().replace('"cmd"', '"role":"supervisor","cmd"')
    Path(file).write_text(content)
    with open(file, "rb") as supervisor:
        fcntl.flock(supervisor, fcntl.LOCK_EX)
        with pytest.raises(lockfile.NotMyLock, match="supervisor"):
            library.make(path).break_lock()
        assert os.path.samestat(os.stat(file), os.fstat(supervisor.fileno()))
