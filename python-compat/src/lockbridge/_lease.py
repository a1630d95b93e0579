"""Write leases: the kernel's word that nobody else has a file open (fcntl(2), "Leases")."""

from __future__ import annotations

import errno
import fcntl
import signal
from typing import Optional

_SIGURG = int(signal.SIGURG)  # the enumeration costs a look-up at every call


def lease(fd: int) -> Optional[bool]:
    """Takes a write lease: granted only if nobody else has the file open (fcntl(2), "Leases").

    False: somebody has. None: no leases here, or not the owner. SIGURG is ignored by default; the
    default SIGIO would kill the process when the lease is broken.
    """
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, _SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        return False if error.errno in (errno.EAGAIN, errno.EBUSY) else None
    return True


def leased_still(fd: int) -> bool:
    """Whether our lease stands and nobody waits for its end."""
    return fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_WRLCK
