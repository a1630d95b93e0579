"""Waits end with the event, at the time, and leave nothing behind."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lock_helpers import Child, descriptors, flocker, holder, until, waits_in_flock
from lockbridge import Inspection, Lock, LockTimeout, wait_until_free
from lockbridge._care import care
from lockbridge._inspect import locks
from lockbridge._inspect.proc import read_proc

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


def waiting(lock: Lock) -> threading.Thread:
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    return thread


def gets_it_when(end: Callable[[], object], lock: Lock) -> None:
    """A thread that waits in the kernel holds the lock once its holder has come to that end."""
    thread = waiting(lock)
    assert until(lambda: waits_in_flock(lock.path))
    end()
    thread.join(10)
    assert lock.locked
    lock.release()


def test_a_waiter_gets_the_lock_of_a_lockbridge_that_ends(path: str) -> None:
    with holder(path) as child:
        gets_it_when(child.say, Lock(path))


def test_a_waiter_gets_the_lock_of_a_holder_that_is_killed(path: str) -> None:
    with holder(path) as child:
        gets_it_when(child.kill, Lock(path))


def test_a_waiter_gets_the_lock_when_an_existence_locker_removes_its_file(path: str) -> None:
    Path(path).touch()
    blocked = threading.Event()
    lock = Lock(path, on_blocked=lambda _: blocked.set())
    thread = waiting(lock)
    assert blocked.wait(10)
    os.unlink(path)
    thread.join(10)
    assert lock.locked
    lock.release()


def test_a_waiter_waits_for_a_record_lock_too(path: str) -> None:
    code = """
import fcntl, sys
f = open(sys.argv[1], "r+")
fcntl.lockf(f, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
import os
os.unlink(sys.argv[1])
"""
    Path(path).touch()
    with Child.python(code, path) as child:
        assert child.line() == "held"
        gets_it_when(child.say, Lock(path))


def test_a_flock_that_leaves_an_unknown_file_is_warned_of_once(path: str) -> None:
    with flocker(path) as child:
        assert child.line() == "held"
        lock = Lock(path, timeout=2.5)
        said: list[str] = []

        def wait() -> None:
            with pytest.warns(RuntimeWarning, match="the flock on .* is gone, the file stays"):
                try:
                    lock.acquire()
                except LockTimeout as error:
                    said.append(str(error))

        thread = threading.Thread(target=wait)
        thread.start()
        assert until(lambda: waits_in_flock(path))
        child.say()
        thread.join(20)
    assert "undecidable" in said[0]
    assert os.path.exists(path)


def test_a_flock_that_leaves_an_empty_file_lets_in_who_says_so(path: str) -> None:
    with flocker(path) as child:
        assert child.line() == "held"
        gets_it_when(child.say, Lock(path, empty="free"))


def test_a_file_that_its_holder_wrote_into_meanwhile_is_judged_anew(path: str) -> None:
    code = """
import fcntl, sys
f = open(sys.argv[1], "w")
fcntl.flock(f, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
f.write("mine")
f.close()
"""
    seen: list[Inspection] = []
    with Child.python(code, path) as child:
        assert child.line() == "held"
        lock = Lock(path, empty="free", on_blocked=seen.append)
        thread = waiting(lock)
        assert until(lambda: waits_in_flock(path))
        child.say()
        assert until(lambda: len(seen) == 2)
        assert Path(path).read_text(encoding="ascii") == "mine"
        os.unlink(path)
        thread.join(10)
        lock.release()
    assert [one.by for one in seen] == ["kernel", "existence"]


def test_who_is_in_the_way_is_asked_once_before_a_wait(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def read(path: str) -> str:
        asked.append(path)
        return read_proc(path)

    with flocker(path) as child:
        assert child.line() == "held"
        monkeypatch.setattr(locks, "read_proc", read)
        gets_it_when(child.say, Lock(path, empty="free"))
    assert asked == ["/proc/locks"]


def test_a_directory_is_watched_no_longer_than_until_the_next_event(path: str) -> None:
    def watched() -> bool:
        inode = f"ino:{os.stat(os.path.dirname(path)).st_ino:x} "
        return inode in Path(f"/proc/self/fdinfo/{care.watches.fd}").read_text(encoding="ascii")

    with holder(path) as child:
        gets_it_when(child.say, Lock(path))
    Path(path).with_name("other").touch()
    assert until(lambda: not watched())


def test_on_blocked_hears_of_every_change_once(path: str) -> None:
    seen: list[Inspection] = []
    with flocker(path) as child:
        assert child.line() == "held"
        lock = Lock(path, on_blocked=seen.append)
        thread = waiting(lock)
        assert until(lambda: waits_in_flock(path))
        child.say()
        assert until(lambda: len(seen) == 2)
        os.unlink(path)
        thread.join(10)
        lock.release()
    assert [one.by for one in seen] == ["kernel", "undecidable"]


def test_two_hundred_waits_that_time_out_leave_nothing(path: str) -> None:
    with holder(path):
        lock = Lock(path)
        with pytest.raises(LockTimeout):
            lock.acquire(timeout=0.01)
        before = descriptors(), threading.active_count()
        for _ in range(200):
            with pytest.raises(LockTimeout):
                lock.acquire(timeout=0.001)
        assert (descriptors(), threading.active_count()) == before
        with pytest.raises(LockTimeout):
            lock.acquire(timeout=0.01)
        assert not waits_in_flock(path)
    Path(path).unlink(missing_ok=True)  # the holder was killed or had time to release
    Path(path).touch()
    before = descriptors(), threading.active_count()
    for _ in range(200):
        with pytest.raises(LockTimeout):
            lock.acquire(timeout=0.001)
    assert (descriptors(), threading.active_count()) == before


def test_a_waiter_is_not_left_on_a_file_that_was_removed(path: str) -> None:
    with holder(path) as child:
        lock = Lock(path)
        thread = waiting(lock)
        assert until(lambda: waits_in_flock(path))
        os.unlink(path)
        thread.join(10)
        assert lock.locked
        child.say()
        assert child.line() == "lost"
        assert lock.release() == "unlinked"


def test_a_thread_that_blocks_all_signals_can_wait_and_give_up(path: str) -> None:
    ended: list[object] = []

    def wait() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        try:
            Lock(path, timeout=0.05).acquire()
        except LockTimeout:
            ended.append(signal.pthread_sigmask(signal.SIG_BLOCK, []) == before)

    with holder(path):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(10)
    assert ended == [True]


def test_a_wait_until_free_takes_nothing(path: str, tmp_path: Path) -> None:
    other = str(tmp_path / "other.lock")
    free: list[list[Inspection]] = []
    with holder(path) as child:
        with pytest.raises(LockTimeout, match="timed out waiting"):
            wait_until_free([path], timeout=0.02)
        blocked = threading.Event()
        thread = threading.Thread(
            target=lambda: free.append(
                wait_until_free([other, path], on_blocked=lambda _: blocked.set())
            )
        )
        thread.start()
        assert blocked.wait(10)
        child.say()
        thread.join(10)
    assert [one.path for one in free[0]] == [other, path]
    assert all(one.verdict != "held" for one in free[0])


def test_waits_of_many_threads_all_end(path: str) -> None:
    got: list[int] = []

    def work(number: int) -> None:
        with Lock(path):
            got.append(number)

    with Lock(path):
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        assert until(lambda: waits_in_flock(path))
        assert got == []
    for thread in threads:
        thread.join(20)
    assert sorted(got) == list(range(8))
    assert until(lambda: not os.path.exists(path))


def test_a_timeout_is_no_shorter_than_asked(path: str) -> None:
    with open(path, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        start = time.monotonic()
        with pytest.raises(LockTimeout):
            Lock(path).acquire(timeout=0.2)
        assert time.monotonic() - start >= 0.2
