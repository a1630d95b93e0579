"""One lock that flock, lockfile, Python and npm lockers all see."""

from . import _fork as _fork
from ._break import break_lock
from ._inspect.inspect import inspect
from ._inspect.types import Inspection
from ._lock import Lock, Mechanisms, try_acquire
from ._record import LockRecord
from ._until_free import wait_until_free
from .errors import LockError, LockHeld, LockTimeout

__version__ = "0.1.0"

__all__ = [
    "Inspection",
    "Lock",
    "LockError",
    "LockHeld",
    "LockRecord",
    "LockTimeout",
    "Mechanisms",
    "__version__",
    "break_lock",
    "inspect",
    "try_acquire",
    "wait_until_free",
]
