"""Where ours is better on purpose: forks, copies, lost locks, a normal exit."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from dropin_support import (
    BOUND,
    OURS,
    SUBMODULES,
    Library,
    Process,
    every,
    ids,
    in_fork,
    outcome,
    until,
)
from lockbridge import lockfile

ours = pytest.mark.parametrize("library", every(OURS), ids=ids)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates")


@ours
def test_a_forked_child_does_not_hold_its_parents_lock(library: Library, path: str) -> None:
    lock = library.make(path)
    lock.acquire()

    def child() -> list[Any]:
        release, acquire = outcome(lock.release), outcome(lambda: lock.acquire(0))
        return [lock.is_locked(), lock.i_am_locking(), release, acquire]

    assert in_fork(child) == [True, False, "NotMyLock", "AlreadyLocked"]
    assert lock.i_am_locking()
    lock.release()
    assert not lock.is_locked()


@ours
def test_an_object_made_before_a_fork_is_taken_by_the_child(library: Library, path: str) -> None:
    lock = library.make(path)

    def child() -> list[Any]:
        lock.acquire(0)
        os.chdir("/")
        holds = lock.i_am_locking()
        pid = lock.read_pid() if library.kind == "PIDLockFile" else os.getpid()
        lock.release()
        return [holds, pid == os.getpid(), lock.is_locked()]

    assert in_fork(child) == [True, True, False]


@ours
def test_a_copy_in_another_process_does_not_hold(library: Library, path: str) -> None:
    lock = library.make(path)
    with lock:
        code = (
            "import pickle, sys; lock = pickle.load(sys.stdin.buffer);"
            "print(lock.is_locked(), lock.i_am_locking())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=pickle.dumps(lock),
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=BOUND,
            check=True,
        )
        assert done.stdout.split() == [b"True", b"False"]


@ours
def test_a_lock_whose_file_was_removed_is_not_released_over_its_successor(
    library: Library, path: str
) -> None:
    lock = library.make(path)
    lock.acquire()
    os.unlink(library.lock_file(path))
    assert not lock.i_am_locking()
    with Process(library, path) as successor:
        assert successor.line() == "held"
        with pytest.raises(lockfile.NotMyLock):
            lock.release()
        assert outcome(lambda: lock.acquire(0)) == "AlreadyLocked"
        assert successor.let_go() == "released"
    until(lambda: not lock.is_locked())
    lock.acquire(0)
    lock.release()


@ours
def test_a_lock_that_was_lost_can_be_taken_anew_and_leaves_no_descriptor(
    library: Library, path: str
) -> None:
    lock = library.make(path)
    with lock:
        pass
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        lock.acquire()
        os.unlink(library.lock_file(path))
        lock.acquire(0)
        assert lock.i_am_locking()
        lock.release()
    until(lambda: len(os.listdir("/proc/self/fd")) <= before)


@ours
def test_a_normal_exit_lets_the_lock_go(library: Library, path: str) -> None:
    code = "import sys; from importlib import import_module as im\n"
    code += "getattr(im(sys.argv[1]), sys.argv[2])(sys.argv[3]).acquire()"
    module = f"{OURS}.{SUBMODULES[library.kind]}"
    subprocess.run(
        [sys.executable, "-c", code, module, library.kind, path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=BOUND,
        check=True,
    )
    assert not os.path.lexists(library.lock_file(path))


@pytest.mark.parametrize(
    "library", every(OURS, kinds=[kind for kind in SUBMODULES if kind != "PIDLockFile"]), ids=ids
)
def test_no_two_threads_are_in_at_once(library: Library, path: str) -> None:
    # Not for the old one: its SymlinkLockFile fails when a link goes while it is read.
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(25):
            lock = library.make(path)
            while True:
                try:
                    lock.acquire(timeout=0.05)
                    break
                except lockfile.LockTimeout:
                    pass
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)
            lock.release()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [1] * 100


@ours
def test_a_released_lock_that_a_reader_has_open_is_not_locked(library: Library, path: str) -> None:
    lock = library.make(path)
    lock.acquire()
    with open(library.lock_file(path), "rb") as reader:
        lock.release()
        assert os.path.samestat(os.stat(library.lock_file(path)), os.fstat(reader.fileno()))
        for _ in range(20):  # while the file is being swept, too
            assert not lock.is_locked()
            lock.acquire(0)
            lock.release()
    until(lambda: not os.path.lexists(library.lock_file(path)))
