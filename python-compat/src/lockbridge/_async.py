"""Waiting for a lock from asyncio, on a thread of its own.

Never on the loop's default executor: a few waiters would stop everything else that runs there.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Union

from ._held import give_back
from ._lockfile import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._wait import Stop


async def on_a_thread(wait: Callable[[], Held], stop: Stop) -> Held:
    """The result of ``wait``. Cancelled, it calls the wait off; a lock that came too late goes."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Held] = loop.create_future()

    def deliver(result: Union[Held, BaseException]) -> None:
        if future.done():
            _discard(result)
        elif isinstance(result, Held):
            future.set_result(result)
        else:
            future.set_exception(result)

    def run() -> None:
        result: Union[Held, BaseException]
        try:
            result = wait()
        except BaseException as error:
            result = error
        try:
            loop.call_soon_threadsafe(deliver, result)
        except RuntimeError:  # the loop was closed meanwhile
            _discard(result)

    threading.Thread(target=run, name="lockbridge wait", daemon=True).start()
    try:
        return await future
    except asyncio.CancelledError:
        stop.cancel()
        # Granted, but cancelled before this coroutine had its turn.
        if not future.cancelled() and future.done() and future.exception() is None:
            give_back(future.result())
        raise


def _discard(result: Union[Held, BaseException]) -> None:
    if isinstance(result, Held):
        give_back(result)
