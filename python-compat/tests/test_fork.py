"""A forked child has none of its parent's locks and takes nothing from it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lock_helpers import until
from lockbridge import Lock, try_acquire

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


def in_a_child(check: Callable[[], bool]) -> bool:
    """What a forked child found. It ends without cleaning up, as a fork in C would."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if check() else 1)
        finally:
            os._exit(2)
    return os.WEXITSTATUS(os.waitpid(pid, 0)[1]) == 0


def has_descriptor(path: str) -> bool:
    wanted = os.stat(path)
    for fd in range(256):
        with suppress(OSError):
            if os.path.samestat(os.fstat(fd), wanted):
                return True
    return False


@pytest.mark.parametrize("settled", [False, True])
def test_a_forked_child_does_not_release_its_parents_lock(path: str, settled: bool) -> None:
    lock = Lock(path)
    lock.acquire()
    if settled:  # the background thread runs and watches
        os.truncate(path, 0)
        assert until(lambda: os.stat(path).st_size > 0)

    def check() -> bool:
        return (
            not lock.locked
            and lock.release() == "lost"
            and not has_descriptor(path)
            and try_acquire(path) is None
        )

    assert in_a_child(check)
    assert lock.locked
    assert os.path.exists(path)
    assert lock.release() == "unlinked"


def test_leaving_a_with_block_in_a_child_is_harmless(path: str) -> None:
    with Lock(path) as lock:
        pid = os.fork()
        if pid == 0:
            try:
                lock.__exit__(None, None, None)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        assert os.path.exists(path)
        assert lock.locked


def test_a_child_takes_and_loses_locks_of_its_own(path: str) -> None:
    with Lock(path):
        other = f"{path}.other"

        def check() -> bool:
            told = threading.Event()
            mine = Lock(other, on_lost=lambda *_: told.set())
            mine.acquire()
            os.unlink(other)
            return told.wait(10) and mine.release() == "lost"

        assert in_a_child(check)


def test_the_parents_watch_survives_its_children(path: str) -> None:
    told = threading.Event()
    lock = Lock(path, on_lost=lambda *_: told.set())
    lock.acquire()
    assert in_a_child(lambda: True)
    os.unlink(path)
    assert told.wait(10)
    lock.release()


def test_forking_while_threads_lock_blocks_nobody(path: str) -> None:
    done = threading.Event()

    def work(name: str) -> None:
        while not done.is_set():
            with Lock(name):
                pass

    threads = [threading.Thread(target=work, args=(f"{path}.{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            assert in_a_child(lambda: Lock(path).acquire(timeout=5))
            Path(path).unlink(missing_ok=True)  # the child's, stale
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_no_fork_of_another_thread_keeps_a_lock_alive(path: str) -> None:
    """Locks are taken and let go without a pause while children are made that stay."""
    done = threading.Event()
    ends = [os.pipe() for _ in range(100)]

    def work() -> None:
        while not done.is_set():
            with Lock(path):
                pass

    def lives_on(pipes: list[tuple[int, int]]) -> int:
        pid = os.fork()
        if pid == 0:
            kept = sum(
                os.readlink(f"/proc/self/fd/{fd}").endswith("(deleted)")
                for fd in os.listdir("/proc/self/fd")
                if os.path.lexists(f"/proc/self/fd/{fd}")
            )
            os.write(pipes[0][1], bytes([kept]))
            os._exit(0)
        return pid

    thread = threading.Thread(target=work)
    thread.start()
    kept = []
    try:
        for pipe in ends:
            pid = lives_on([pipe])
            kept.append(os.read(pipe[0], 1)[0])
            os.waitpid(pid, 0)
    finally:
        done.set()
        thread.join()
        for end in ends:
            os.close(end[0])
            os.close(end[1])
    # pytest's own capture is a deleted file too: every child has the same ones.
    assert len(set(kept)) == 1


def work_in_turn(path: str, log: str) -> None:
    for _ in range(20):
        with Lock(path), open(log, "a", encoding="ascii") as file:
            file.write("+")
            file.flush()
            file.write("-")


def test_processes_of_multiprocessing_take_turns(path: str, tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    context = multiprocessing.get_context("fork")
    with Lock(path):
        children = [context.Process(target=work_in_turn, args=(path, log)) for _ in range(3)]
        for child in children:
            child.start()
        assert not os.path.exists(log)
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert Path(log).read_text() == "+-" * 60
