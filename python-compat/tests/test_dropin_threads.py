"""Whose lock it is, among threads and objects: the same in both libraries."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from dropin_support import (
    OLD,
    OURS,
    SUBMODULES,
    Library,
    every,
    ids,
    in_thread,
    name_of,
)

#: A pid lock is the process's, and is not taken twice.
THREADED = [kind for kind in SUBMODULES if kind != "PIDLockFile"]
threaded = pytest.mark.parametrize("library", every(OLD, OURS, kinds=THREADED), ids=ids)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates")


@threaded
@pytest.mark.parametrize("given_to", ["acquire", "constructor"])
def test_another_thread_waits_for_its_timeout(library: Library, path: str, given_to: str) -> None:
    def other() -> None:
        if given_to == "acquire":
            library.make(path).acquire(timeout=0.05)
        else:
            library.make(path, timeout=0.05).acquire()

    with library.make(path):
        assert name_of(in_thread(other)) == "LockTimeout"


@threaded
@pytest.mark.parametrize("timeout", [0, -1, 0.0, -0.5])
def test_another_thread_with_no_time_is_refused(
    library: Library, path: str, timeout: float
) -> None:
    with library.make(path):
        assert name_of(in_thread(lambda: library.make(path).acquire(timeout))) == "AlreadyLocked"


@threaded
def test_another_thread_sees_the_lock_and_knows_that_it_is_not_its_own(
    library: Library, path: str
) -> None:
    def other() -> tuple[bool, bool, str]:
        lock = library.make(path)
        with pytest.raises(library.module.NotMyLock) as raised:
            lock.release()
        return lock.is_locked(), lock.i_am_locking(), name_of(raised.value)

    with library.make(path) as mine:
        assert in_thread(other) == (True, False, "NotMyLock")
        assert mine.i_am_locking()


@threaded
def test_another_thread_gets_the_lock_once_it_is_free(library: Library, path: str) -> None:
    def other() -> bool:
        with library.make(path) as lock:
            return bool(lock.i_am_locking())

    with library.make(path):
        pass
    assert in_thread(other) is True


@threaded
def test_a_second_object_of_a_thread_shares_its_lock_and_one_release_frees_it(
    library: Library, path: str
) -> None:
    first, second = library.make(path), library.make(path)
    first.acquire()
    second.acquire(timeout=0)
    assert second.i_am_locking()
    second.release()
    assert not first.is_locked()
    with pytest.raises(library.module.NotLocked):
        first.release()


@threaded
def test_the_thread_that_made_an_object_is_its_owner(library: Library, path: str) -> None:
    if library == Library(OLD, "SQLiteLockFile"):
        pytest.skip("its connection is bound to the thread")
    made_here = library.make(path)
    assert in_thread(made_here.acquire) is None
    assert made_here.i_am_locking()
    assert library.make(path).i_am_locking()
    made_here.release()


@threaded
def test_without_threads_the_process_is_the_owner(library: Library, path: str) -> None:
    lock = library.make(path, threaded=False)
    assert lock.tname == ""
    lock.acquire()

    def other() -> bool:
        second = library.make(path, threaded=False)
        second.acquire(timeout=0)
        return bool(second.i_am_locking())

    assert in_thread(other) is True
    lock.release()
    assert not lock.is_locked()


@threaded
def test_a_waiting_thread_gets_the_lock_when_it_is_released(library: Library, path: str) -> None:
    if library == Library(OLD, "SymlinkLockFile"):
        pytest.skip(
            "its waiter dies of ENOENT if the link goes between its islink and its readlink"
        )
    holds, go = threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        with library.make(path):
            holds.set()
            go.wait()
            order.append("first")

    def second() -> None:
        holds.wait()
        lock = library.make(path)
        go.set()
        with lock:
            order.append("second")

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert order == ["first", "second"]
    assert not library.make(path).is_locked()


@threaded
def test_the_timeout_of_an_acquire_goes_before_that_of_the_constructor(
    library: Library, path: str
) -> None:
    with library.make(path):
        answer = in_thread(lambda: library.make(path, timeout=3600).acquire(0))
    assert name_of(answer) == "AlreadyLocked"
