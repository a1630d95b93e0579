"""What a wait for a kernel lock leaves to be done once that is granted, and does beforehand.

Whoever is woken with a lock is in a hurry, and an interpreter that has slept takes ten times as
long for everything. So the record is begun and the file is judged while somebody else holds it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Optional

from . import _system
from ._adopt import adopt_commit
from ._inspect.glance import judge_held
from ._inspect.look import has_attribute, may_be_elsewhere
from ._lockfile import Birth, Held, lock_record
from ._record import finish_record, record_front

if TYPE_CHECKING:
    from ._options import Options


class Claim:
    """How to take an open candidate whose flock is being waited for."""

    def __init__(self, candidate: Held, options: Options) -> None:
        """OSError, LockError: it cannot be looked at."""
        self._candidate = candidate
        self._birth = Birth(b"", options.mode, options.owner)
        self._front = record_front(options.reason)
        self._filesystem = _system.filesystem_type(candidate.fd)
        self._elsewhere = may_be_elsewhere(self._filesystem)
        self._free_since = _free_since(candidate, options.empty)

    def take(self) -> bool:
        """With the flock ours, makes the file ours. False: that is still to be judged.

        BlockingIOError: the record lock is somebody else's, and neither is ours. Stale, OSError.
        """
        lock_record(self._candidate, self._filesystem)
        self._birth.record = self._candidate.record = finish_record(self._front)
        return adopt_commit(self._candidate, self._birth, unless=self._to_be_judged)

    def _to_be_judged(self, st: os.stat_result) -> bool:
        """Unless it is as it was when it was judged, or an inode of lockbridge.

        With the kernel lock of that ours, it is nobody else's.
        """
        as_it_was = st.st_size == 0 and st.st_ctime_ns == self._free_since
        return self._elsewhere or not (as_it_was or has_attribute(self._candidate.fd))


def _free_since(candidate: Held, empty: Optional[str]) -> Optional[int]:
    """When the file was last changed, if it is empty and nobody's but for the kernel lock on it.

    As long as that is so, whoever has its kernel locks may take it.
    """
    st = os.fstat(candidate.fd)
    if st.st_size != 0:
        return None
    judged = judge_held(candidate.path, candidate.fd, empty)
    return None if judged.verdict == "held" else st.st_ctime_ns
