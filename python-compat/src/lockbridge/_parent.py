"""The parent directory of a lock: open, so that a name means one thing; locked against forcers."""

from __future__ import annotations

import fcntl
import os
import time
from typing import Optional

OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

_SHARED = fcntl.LOCK_SH | fcntl.LOCK_NB


def open_parent(directory: str) -> Optional[int]:
    try:
        return os.open(directory, OPEN_DIRECTORY)
    except OSError:
        pass
    try:
        return os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None  # out of descriptors is no reason to leave a lock behind


def keep_forcers_out(dir_fd: int) -> None:
    """A shared lock on the directory, so that no forcer replaces the file between look and act.

    A stranger's lock there must not stop us, so only for a moment.
    """
    for _ in range(10):
        try:
            return fcntl.flock(dir_fd, _SHARED)
        except BlockingIOError:
            time.sleep(0.0005)
        except OSError:
            return None
    return None
