"""What the old library does, ours does: every proposition here runs against both."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dropin_support import (
    OLD,
    OURS,
    Library,
    every,
    ids,
)

both = pytest.mark.parametrize("library", every(OLD, OURS), ids=ids)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates")


@both
def test_a_lock_is_taken_and_released(library: Library, path: str) -> None:
    lock = library.make(path)
    assert not lock.is_locked()
    assert not lock.i_am_locking()
    assert lock.acquire() is None
    assert lock.is_locked()
    assert lock.i_am_locking()
    assert lock.release() is None
    assert not lock.is_locked()
    assert not lock.i_am_locking()
    assert os.listdir(os.path.dirname(path)) == []


@both
def test_a_lock_can_be_taken_again_after_its_release(library: Library, path: str) -> None:
    lock = library.make(path)
    for _ in range(3):
        lock.acquire()
        lock.release()


@both
def test_to_release_what_is_not_locked_is_not_locked(library: Library, path: str) -> None:
    lock = library.make(path)
    with pytest.raises(library.module.NotLocked):
        lock.release()
    lock.acquire()
    lock.release()
    with pytest.raises(library.module.NotLocked):
        lock.release()


@both
def test_a_with_statement_gives_the_lock_and_frees_it_after_an_error(
    library: Library, path: str
) -> None:
    lock = library.make(path)
    with pytest.raises(ZeroDivisionError), lock as given:
        assert given is lock
        assert lock.i_am_locking()
        raise ZeroDivisionError
    assert not lock.is_locked()


@both
def test_breaking_a_lock_frees_it_and_its_holder_learns_at_release(
    library: Library, path: str
) -> None:
    lock = library.make(path)
    lock.acquire()
    other = library.make(path)
    other.break_lock()
    assert not lock.is_locked()
    assert not lock.i_am_locking()
    with pytest.raises(library.module.NotLocked):
        lock.release()


@both
def test_breaking_what_is_free_does_nothing(library: Library, path: str) -> None:
    assert library.make(path).break_lock() is None
    assert os.listdir(os.path.dirname(path)) == []


@both
def test_a_lock_whose_directory_is_missing_is_not_locked(library: Library, path: str) -> None:
    lock = library.make(os.path.join(path, "missing"))
    assert lock.is_locked() is False
    assert lock.i_am_locking() is False
    with pytest.raises(library.module.NotLocked):
        lock.release()
    lock.break_lock()


@both
def test_a_missing_directory_fails_a_lock_at_once(library: Library, path: str) -> None:
    if library.name == OLD and library.kind in ("SymlinkLockFile", "SQLiteLockFile"):
        pytest.skip("the old SymlinkLockFile waits for ever, the old SQLiteLockFile never looks")
    with pytest.raises(library.module.LockFailed):
        library.make(os.path.join(path, "missing")).acquire()


@both
def test_what_this_library_locked_is_what_the_old_one_calls_locked(
    library: Library, path: str
) -> None:
    if library.kind in ("SymlinkLockFile", "SQLiteLockFile"):
        pytest.skip("the old one looks for a link, or into its own database")
    with library.make(path):
        assert Library(OLD, library.kind).make(path).is_locked()
    assert not Library(OLD, library.kind).make(path).is_locked()
