"""``python3 -m lockbridge``: the commands of the command line that need no daemon.

The locks, options, exit codes, sentences and JSON are those of the Node command line.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Optional, TextIO

from ._cli.main import main


def run() -> None:
    """Runs the command line with the arguments of this process and ends it."""
    _open_standard_streams()
    # Ctrl-C ends a command as it ends any other program. What may not be cut short says so itself.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = main(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        _flush(stream)
    sys.exit(code)


def _open_standard_streams() -> None:
    """Where one is closed, a lock would get its number, and what a command prints the lock file."""
    fd = os.open(os.devnull, os.O_RDWR)
    while fd <= 2:
        os.set_inheritable(fd, True)
        fd = os.open(os.devnull, os.O_RDWR)
    os.close(fd)


def _flush(stream: Optional[TextIO]) -> None:
    """Whoever reads has read enough, as `| head` does: the interpreter's end must not say so."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    run()
