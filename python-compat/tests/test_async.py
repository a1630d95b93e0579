"""The lock in asyncio: waits block no loop, and a cancelled one leaves nothing."""

# ruff: noqa: ASYNC110, ASYNC240 - a test looks at /proc and at the disk, where no event is

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from lock_helpers import descriptors, holder, until, waits_in_flock
from lockbridge import Inspection, Lock, LockHeld, LockTimeout


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "updates.lock")


async def soon(path: str) -> None:
    """Until somebody is blocked on the file; the loop goes on."""
    while not waits_in_flock(path):
        await asyncio.sleep(0.002)


def test_async_with_takes_and_lets_go(path: str) -> None:
    async def main() -> None:
        async with Lock(path) as lock:
            assert lock.locked
            assert os.path.exists(path)
        assert not os.path.exists(path)
        assert await lock.acquire_async()
        assert await lock.release_async() == "unlinked"

    asyncio.run(main())


def test_tasks_of_one_loop_take_turns(path: str) -> None:
    order: list[str] = []

    async def work(name: str) -> None:
        async with Lock(path):
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    async def main() -> None:
        await asyncio.gather(*(work(str(n)) for n in range(6)))

    asyncio.run(main())
    for enter, leave in zip(order[::2], order[1::2]):
        assert enter.split()[0] == leave.split()[0]
    assert len(order) == 12


def test_a_wait_ends_with_the_holder_or_at_its_time(path: str) -> None:
    seen: list[tuple[Inspection, threading.Thread]] = []

    def on_blocked(blocker: Inspection) -> None:
        seen.append((blocker, threading.current_thread()))

    async def main() -> None:
        with holder(path) as child:
            with pytest.raises(LockHeld):
                await Lock(path).acquire_async(timeout=0)
            with pytest.raises(LockTimeout):
                await Lock(path).acquire_async(timeout=0.02)
            lock = Lock(path, on_blocked=on_blocked)
            task = asyncio.ensure_future(lock.acquire_async())
            await soon(path)
            child.say()
            assert await asyncio.wait_for(task, 10)
            assert lock.locked
            lock.release()

    asyncio.run(main())
    assert [(blocker.by, thread) for blocker, thread in seen] == [
        ("kernel", threading.main_thread())
    ]


def test_a_cancelled_wait_leaves_nothing(path: str) -> None:
    async def main() -> None:
        with holder(path):
            lock = Lock(path)
            with pytest.raises(LockTimeout):
                await lock.acquire_async(timeout=0.01)
            before = descriptors(), threading.active_count()
            for _ in range(20):
                task = asyncio.ensure_future(lock.acquire_async())
                await soon(path)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                while waits_in_flock(path):
                    await asyncio.sleep(0.002)
            fds, threads = before  # the thread of the first wait may be on its way out
            assert until(lambda: descriptors() == fds and threading.active_count() <= threads)
            assert not lock.locked

    asyncio.run(main())


def test_a_lock_that_is_granted_after_the_cancelling_is_given_back(path: str) -> None:
    async def main() -> None:
        for _ in range(50):
            first, second = Lock(path), Lock(path)
            await first.acquire_async()
            task = asyncio.ensure_future(second.acquire_async())
            await soon(path)
            first.release()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not second.locked
            third = Lock(path)
            await third.acquire_async(timeout=10)
            third.release()

    asyncio.run(main())


def test_a_loop_that_is_closed_leaves_no_lock(path: str) -> None:
    async def main() -> None:
        task = asyncio.ensure_future(Lock(path).acquire_async())
        await soon(path)
        task.cancel()

    with holder(path) as child:
        asyncio.run(main())
        child.say()
        assert child.line() in ("unlinked", "handed-over")
        # Handed over to one who gave up in that moment, it is swept by the one that let go.
        assert until(lambda: not os.path.exists(path))


def test_loss_is_told_by_the_loop(path: str) -> None:
    async def main() -> None:
        told: asyncio.Future[tuple[str, threading.Thread]] = (
            asyncio.get_running_loop().create_future()
        )

        def on_lost(_: Lock, why: str) -> None:
            told.set_result((why, threading.current_thread()))

        async with Lock(path, on_lost=on_lost) as lock:
            os.unlink(path)
            why, thread = await asyncio.wait_for(told, 10)
            assert (why, thread) == ("removed", threading.main_thread())
            assert await lock.release_async() == "lost"

    asyncio.run(main())
