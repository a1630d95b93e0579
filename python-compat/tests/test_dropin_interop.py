"""The real old library and ours, in processes of their own, on one lock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lockbridge
from dropin_support import BOUND, OLD, OURS, SUBMODULES, Library, Process, every, ids, until

#: The old SQLiteLockFile keeps its locks in a database that only its own process knows.
ON_DISK = [kind for kind in SUBMODULES if kind != "SQLiteLockFile"]
kinds = pytest.mark.parametrize("kind", ON_DISK)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates")


@kinds
def test_the_old_library_is_refused_while_ours_holds(kind: str, path: str) -> None:
    ours = Library(OURS, kind).make(path)
    ours.acquire()
    with Process(Library(OLD, kind), path) as old:
        assert old.line() == "AlreadyLocked"
    with Process(Library(OLD, kind), path, timeout=0.2) as old:
        assert old.line() == "LockTimeout"
    assert ours.i_am_locking()
    ours.release()
    with Process(Library(OLD, kind), path) as old:
        assert old.line() == "held"
        assert old.let_go() == "released"


@kinds
def test_the_old_library_gets_the_lock_when_ours_releases(kind: str, path: str) -> None:
    ours = Library(OURS, kind).make(path)
    ours.acquire()
    with Process(Library(OLD, kind), path, timeout=15) as old:
        ours.release()
        assert old.line() == "held"
        assert ours.is_locked()
        assert not ours.i_am_locking()
        assert old.let_go() == "released"
    assert not ours.is_locked()


@kinds
def test_ours_is_refused_while_the_old_library_holds_and_gets_it_after(
    kind: str, path: str
) -> None:
    library = Library(OURS, kind)
    with Process(Library(OLD, kind), path) as old:
        assert old.line() == "held"
        lock = library.make(path)
        assert lock.is_locked()
        assert not lock.i_am_locking()
        with pytest.raises(library.module.AlreadyLocked) as refused:
            lock.acquire(0)
        assert isinstance(refused.value.__cause__, lockbridge.LockHeld)
        with pytest.raises(library.module.LockTimeout):
            lock.acquire(0.05)
        with pytest.raises(library.module.NotMyLock):
            lock.release()
        with Process(library, path, timeout=15) as waiting:
            assert old.let_go() == "released"
            assert waiting.line() == "held"
            assert waiting.let_go() == "released"


@kinds
def test_a_killed_old_holder_still_holds_because_nothing_proves_its_death(
    kind: str, path: str
) -> None:
    if kind == "PIDLockFile":
        pytest.skip("a pid is proof where all processes are visible: see the next test")
    library = Library(OURS, kind)
    with Process(Library(OLD, kind), path) as old:
        assert old.line() == "held"
        old.kill()
    lock = library.make(path)
    assert lock.is_locked()
    with pytest.raises(library.module.AlreadyLocked):
        lock.acquire(0)
    lock.break_lock()
    assert not lock.is_locked()
    assert not os.path.lexists(library.lock_file(path))
    lock.acquire(0)
    lock.release()


def test_a_killed_old_pid_lock_is_held_unless_its_death_is_proven(path: str) -> None:
    library = Library(OURS, "PIDLockFile")
    with Process(Library(OLD, "PIDLockFile"), path) as old:
        assert old.line() == "held"
        lock = library.make(path)
        assert lock.read_pid() == old.process.pid
        old.kill()
    assert lock.is_locked() == (lockbridge.inspect(path).verdict == "held")
    lock.break_lock()
    assert not lock.is_locked()


@pytest.mark.parametrize("library", every(OURS), ids=ids)
def test_a_killed_holder_of_ours_blocks_nobody_of_ours(library: Library, path: str) -> None:
    with Process(library, path) as dead:
        assert dead.line() == "held"
        dead.kill()
    lock = library.make(path)
    assert os.path.exists(library.lock_file(path))
    assert not lock.is_locked()
    lock.acquire(0)
    assert lock.i_am_locking()
    lock.release()


@pytest.mark.parametrize("library", every(OURS), ids=ids)
def test_two_processes_exclude_each_other(library: Library, path: str) -> None:
    with Process(library, path) as first, Process(library, path) as refused:
        assert first.line() == "held"
        assert refused.line() == "AlreadyLocked"
        with Process(library, path, timeout=15) as second:
            assert first.let_go() == "released"
            assert second.line() == "held"
            assert second.let_go() == "released"
    # Whoever had the file open when it was handed over sweeps it once nobody has.
    until(lambda: not library.make(path).is_locked())


@pytest.mark.parametrize("first", list(SUBMODULES)[:4])
@pytest.mark.parametrize("second", list(SUBMODULES)[:4])
def test_all_classes_are_one_lock(first: str, second: str, path: str) -> None:
    lock = Library(OURS, first).make(path)
    with lock, Process(Library(OURS, second), path) as other:
        assert other.line() == "AlreadyLocked"


def test_a_pid_lock_on_the_lock_file_of_another_class_is_the_same_lock(path: str) -> None:
    lock, pid_lock = Library(OURS, "LinkLockFile").make(path), Library(OURS, "PIDLockFile")
    with lock, Process(pid_lock, f"{path}.lock") as other:
        assert other.line() == "AlreadyLocked"


@pytest.mark.parametrize("kind", ["MkdirLockFile", "SymlinkLockFile", "PIDLockFile"])
def test_an_old_holder_that_was_broken_does_not_remove_our_lock(kind: str, path: str) -> None:
    library = Library(OURS, kind)
    with Process(Library(OLD, kind), path) as old:
        assert old.line() == "held"
        lock = library.make(path)
        lock.break_lock()
        lock.acquire(0)
        assert old.let_go() == ("NotLocked" if kind == "SymlinkLockFile" else "NotMyLock")
        assert lock.i_am_locking()
        lock.release()


def test_an_old_link_lock_that_was_broken_removes_ours_and_we_know(path: str) -> None:
    """Its release looks at its own second file only, then unlinks whatever is at the path."""
    library = Library(OURS, "LinkLockFile")
    with Process(Library(OLD, "LinkLockFile"), path) as old:
        assert old.line() == "held"
        lock = library.make(path)
        lock.break_lock()
        lock.acquire(0)
        assert old.let_go() == "released"
        assert not lock.i_am_locking()
        with pytest.raises(library.module.NotLocked):
            lock.release()


@pytest.mark.parametrize("library", every(OURS), ids=ids)
def test_who_was_broken_and_succeeded_does_not_remove_the_successors_file(
    library: Library, path: str
) -> None:
    with Process(library, path) as broken:
        assert broken.line() == "held"
        lock = library.make(path)
        lock.break_lock()
        assert not lock.is_locked()
        lock.acquire(0)
        assert broken.let_go() == "NotMyLock"
        assert lock.i_am_locking()
        lock.release()


_COUNT = """
import importlib, sys
module, kind, path, rounds = sys.argv[1:5]
package = importlib.import_module(module.rpartition(".")[0])
lock = getattr(importlib.import_module(module), kind)(path)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(rounds)):
    while True:
        try:
            lock.acquire(timeout=0.05)
            break
        except package.LockTimeout:
            pass
        except FileNotFoundError:
            if module.startswith("lockbridge"):
                raise  # only the old one reads a link that may go meanwhile
    with open(path + ".count") as file:
        count = int(file.read())
    with open(path + ".count", "w") as file:
        file.write(str(count + 1))
    lock.release()
"""


@kinds
def test_no_entry_of_either_library_overlaps_another(kind: str, path: str) -> None:
    rounds = 100
    Path(f"{path}.count").write_text("0")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _COUNT, f"{name}.{SUBMODULES[kind]}", kind, path, str(rounds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for name in (OLD, OURS, OLD, OURS)
    ]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == b"ready\n"
    for one in running:
        assert one.stdin is not None
        assert one.stdout is not None
        one.stdin.close()
        one.stdout.close()
    assert [one.wait(BOUND * 2) for one in running] == [0, 0, 0, 0]
    assert Path(f"{path}.count").read_text() == str(4 * rounds)
