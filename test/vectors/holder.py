"""Makes what states.json asks for and a language cannot make by itself: locks, xattrs, odd files.

    holder.py KIND PATH [VALUE]

``open``, ``flock``, ``flock-shared``, ``posix``, ``posix-shared``, ``posix-byte``, ``ofd``,
``ofd-shared`` and ``bridge`` (flock and OFD) open PATH and lock it, print ``held`` and hold until
standard input ends. ``attribute`` (user.lockbridge is VALUE), ``fifo``, ``socket`` and ``device``
(/dev/null's) make it, print ``done`` and end. An error ends it with another line.
"""

import fcntl
import os
import socket
import stat
import struct
import sys

BYTE = 1 << 40


def ofd(fd, kind):
    # struct flock of 64-bit Linux: type, whence, start, length, pid; the lock is on the whole file.
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0))


def bridge(fd):
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    ofd(fd, fcntl.F_WRLCK)


LOCKS = {
    "open": lambda fd: None,
    "flock": lambda fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
    "flock-shared": lambda fd: fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB),
    "posix": lambda fd: fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB),
    "posix-shared": lambda fd: fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB),
    "posix-byte": lambda fd: fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, BYTE),
    "ofd": lambda fd: ofd(fd, fcntl.F_WRLCK),
    "ofd-shared": lambda fd: ofd(fd, fcntl.F_RDLCK),
    "bridge": bridge,
}


def bind(path):
    # The address of a socket has 107 bytes at most; a name in the working directory is short.
    os.chdir(os.path.dirname(path))
    socket.socket(socket.AF_UNIX).bind(os.path.basename(path))


MAKERS = {
    "attribute": lambda path, value: os.setxattr(path, "user.lockbridge", value.encode()),
    "fifo": lambda path, _: os.mkfifo(path),
    "socket": lambda path, _: bind(path),
    "device": lambda path, _: os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 3)),
}


def main(kind, path, value=""):
    if kind in MAKERS:
        MAKERS[kind](path, value)
        print("done", flush=True)
        return
    LOCKS[kind](os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    print("held", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
