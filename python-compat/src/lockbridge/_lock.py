"""The lock as an object: taken, let go, and told of its loss.

One object is a mutex between the threads of this process as it is one between processes. It is not
re-entrant: who takes it twice in one thread waits for itself, as with ``threading.Lock``.
"""

from __future__ import annotations

import enum
import os
import warnings
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Optional, Union

from ._acquire import wait_for
from ._attempt import attempt
from ._blocked import contention
from ._care import care
from ._held import is_owned, let_go, remember
from ._lockfile import Held
from ._options import Options, StrPath, check_callable, check_options, check_path, check_timeout
from ._record import parse_record
from ._wait import Stop
from .errors import LockError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from ._blocked import OnBlocked
    from ._inspect.types import Inspection
    from ._record import LockRecord

    OnLost = Optional[Callable[["Lock", str], object]]


_PLAIN = Options()


class _Default(enum.Enum):
    """Says that an argument was not given: None has a meaning."""

    TIMEOUT = 0


class Mechanisms(NamedTuple):
    """Which locks a held one consists of; ``ofd`` is False where the filesystem has none."""

    existence: bool
    flock: bool
    ofd: bool


class Lock:
    """The lock on ``path``: an exclusive create, a flock and a record lock in one.

    ``timeout``: seconds that ``acquire`` and ``with`` wait; None for ever, 0 for one try.
    ``reason`` is shown to whoever asks who holds it. ``on_lost(lock, why)`` is called when the
    file is removed or replaced while it is held (``why``: "removed", "replaced"), on a background
    thread (for a lock taken with ``await``: by its event loop). ``on_blocked(inspection)`` is
    called when a wait begins and whenever who blocks it changes. ``mode`` and ``owner`` (uid, gid;
    needs root) are those of the file. ``empty="free"``: an empty, unlocked file is nobody's.

    Every error is a LockError: of the arguments here, of the path and of contention in ``acquire``.

    In a forked child the object is not held, and ``release()`` there does nothing. A lock that is
    collected as garbage while held is released with a ResourceWarning; a normal exit of the process
    releases the rest.
    """

    def __init__(
        self,
        path: StrPath,
        *,
        timeout: Optional[float] = None,
        reason: Optional[str] = None,
        on_lost: OnLost = None,
        on_blocked: OnBlocked = None,
        mode: int = 0o644,
        owner: Optional[tuple[int, int]] = None,
        empty: Optional[str] = None,
    ) -> None:
        self.path = check_path(path)
        self.timeout = timeout if timeout is None else check_timeout(timeout)
        if reason is None and mode == 0o644 and owner is None and empty is None:
            self._options = _PLAIN
        else:
            options = Options("" if reason is None else reason, mode, owner, empty)
            self._options = check_options(options)
        if on_lost is not None or on_blocked is not None:
            check_callable("on_lost", on_lost)
            check_callable("on_blocked", on_blocked)
        self._on_lost = on_lost
        self._on_blocked = on_blocked
        self._held: Optional[Held] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._me = weakref.ref(self)

    # --- taking -------------------------------------------------------------------------------

    def acquire(
        self,
        blocking: bool = True,
        timeout: Union[float, _Default, None] = _Default.TIMEOUT,
    ) -> bool:
        """True when taken. ``timeout`` instead of that of the object: seconds, None for ever.

        Without ``blocking`` a held lock is the answer False. Otherwise it is LockTimeout (a
        TimeoutError), or LockHeld with a timeout of 0, each with its ``blockers``. Nothing stays
        behind.
        """
        limit = self._limit(blocking, timeout)
        got = attempt(self.path, self._options)
        if not isinstance(got, Held):
            if not blocking:
                return False
            if limit == 0:
                raise contention("ERR_LOCK_HELD", [got])
            got = wait_for(self.path, self._options, got, Stop(limit), self._on_blocked)
        self._taken(got, None)
        return True

    async def acquire_async(self, timeout: Union[float, _Default, None] = _Default.TIMEOUT) -> bool:
        """``acquire`` for asyncio. Cancelling it ends the wait, and nothing stays behind."""
        # Not for who needs no event loop: it takes longer to import than all the rest.
        import asyncio  # noqa: PLC0415

        from ._async import on_a_thread  # noqa: PLC0415

        limit = self._limit(True, timeout)
        loop = asyncio.get_running_loop()
        got = attempt(self.path, self._options)
        if not isinstance(got, Held):
            if limit == 0:
                raise contention("ERR_LOCK_HELD", [got])
            first, stop = got, Stop(limit)

            def wait() -> Held:
                return wait_for(self.path, self._options, first, stop, self._on_blocked_in(loop))

            got = await on_a_thread(wait, stop)
        self._taken(got, loop)
        return True

    def _limit(self, blocking: bool, timeout: Union[float, _Default, None]) -> Optional[float]:
        if isinstance(timeout, _Default):
            return self.timeout
        if not blocking:
            text = "a timeout cannot be given together with blocking=False"
            raise LockError("ERR_INVALID_ARGUMENT", text, path=self.path)
        return check_timeout(timeout)

    def _on_blocked_in(self, loop: asyncio.AbstractEventLoop) -> OnBlocked:
        call = self._on_blocked
        if call is None:
            return None

        def later(seen: Inspection) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody wants to know
                loop.call_soon_threadsafe(call, seen)

        return later

    def _taken(self, held: Held, loop: Optional[asyncio.AbstractEventLoop]) -> None:
        if held.path[0] != "/":
            with suppress(OSError):  # the process may change its directory until the release
                held.path = os.path.join(os.getcwd(), held.path)
        before = self._held
        self._held = held
        self._loop = loop
        remember(held, self._me)
        if before is not None and before.outcome is None:
            let_go(before)  # lost, and taken anew without a release

    # --- letting go ---------------------------------------------------------------------------

    def release(self) -> str:
        """Lets go, and says how it ended. Never removes a file that is not ours.

        ``unlinked``: the name is gone. ``handed-over``: somebody has the file open, so the name
        stays, marked as residue, until nobody has. ``lost``: the path no longer named our file, or
        this is a forked child. ``orphaned``: unlinked, but an opener slipped in and may believe
        that it holds. A second call gives the first answer; LockError if it was never taken.
        """
        held = self._held
        if held is None:
            raise self._not_held()
        if not let_go(held) and held.outcome is None:
            text = f"'{self.path}' is being released by another thread"
            raise LockError("ERR_INVALID_ARGUMENT", text, path=self.path)
        return str(held.outcome)

    async def release_async(self) -> str:
        """``release`` for asyncio; it never waits for anybody."""
        return self.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.release()

    async def __aenter__(self) -> Self:
        await self.acquire_async()
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.release()

    def __del__(self) -> None:
        held = getattr(self, "_held", None)
        if held is None or not is_owned(held):
            return
        text = (
            f"the lock on '{self.path}' was garbage-collected while held and is released now; "
            "call release()"
        )
        try:
            warnings.warn(text, ResourceWarning, stacklevel=2, source=self)
        finally:
            let_go(held, collected=True)

    def _lose(self, held: Held) -> None:
        """Called on the background thread."""
        call, loop = self._on_lost, self._loop
        if call is None or held is not self._held:
            return
        if loop is None:
            care.as_application(lambda: call(self, str(held.lost)))
            return
        with suppress(RuntimeError):  # the loop is closed: nobody wants to know
            loop.call_soon_threadsafe(call, self, str(held.lost))

    # --- what it is now -----------------------------------------------------------------------

    @property
    def locked(self) -> bool:
        """Whether this object holds it: in this process, and not lost as far as is known."""
        held = self._held
        return held is not None and is_owned(held) and held.lost is None

    @property
    def lost(self) -> Optional[str]:
        """Why it was lost when it was last held: "removed", "replaced"; None if it was not."""
        return None if self._held is None else self._held.lost

    @property
    def outcome(self) -> Optional[str]:
        """What the last ``release`` said; None while it is held."""
        return None if self._held is None else self._held.outcome

    @property
    def fd(self) -> int:
        """The descriptor; a child that inherits it holds on after our death. LockError if free."""
        return self._current().fd

    @property
    def mechanisms(self) -> Mechanisms:
        """Which locks it consists of. LockError if it is not held."""
        return Mechanisms(existence=True, flock=True, ofd=self._current().ofd)

    @property
    def record(self) -> Optional[LockRecord]:
        """What the file says of us; None if it is not held."""
        held = self._held
        return parse_record(held.record) if held is not None and is_owned(held) else None

    def _current(self) -> Held:
        held = self._held
        if held is None or not is_owned(held):
            raise self._not_held()
        return held

    def _not_held(self) -> LockError:
        return LockError("ERR_INVALID_ARGUMENT", f"'{self.path}' is not held", path=self.path)

    def __repr__(self) -> str:
        state = "locked" if self.locked else "unlocked" if self.lost is None else "lost"
        return f"<{state} lockbridge.Lock {self.path!r}>"


def try_acquire(
    path: StrPath,
    *,
    reason: Optional[str] = None,
    on_lost: OnLost = None,
    mode: int = 0o644,
    owner: Optional[tuple[int, int]] = None,
    empty: Optional[str] = None,
) -> Optional[Lock]:
    """One try: the lock, or None if somebody holds it. LockError if the path cannot be locked."""
    lock = Lock(path, reason=reason, on_lost=on_lost, mode=mode, owner=owner, empty=empty)
    return lock if lock.acquire(blocking=False) else None
