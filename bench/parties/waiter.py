"""A waiter in Python: the line protocol of c/party.c. lockbridge says of itself that it waits.

waiter.py lockbridge [free]    what an empty file counts as
waiter.py lockfile|FileLock|SoftFileLock
"""

import sys
import time


def lockbridge():
    import lockbridge

    held = []
    empty = sys.argv[2] if len(sys.argv) > 2 else None

    def wait(path):
        held.append(lockbridge.Lock(path, empty=empty, on_blocked=lambda _: waiting()))
        held[0].acquire()

    return wait, lambda: held.pop().release()


def link():
    from lockfile.linklockfile import LinkLockFile

    held = []

    def wait(path):
        held.append(LinkLockFile(path[: -len(".lock")]))
        held[0].acquire()

    return wait, lambda: held.pop().release()


def file(name):
    import filelock

    held = []

    def wait(path):
        held.append(getattr(filelock, name)(path))
        held[0].acquire()

    return wait, lambda: held.pop().release()


def waiting():
    print("waiting", flush=True)


KINDS = {
    "lockbridge": lockbridge,
    "lockfile": link,
    "FileLock": lambda: file("FileLock"),
    "SoftFileLock": lambda: file("SoftFileLock"),
}

wait, drop = KINDS[sys.argv[1]]()
for line in sys.stdin:
    verb, _, path = line.rstrip("\n").partition(" ")
    if verb == "wait":
        if sys.argv[1] != "lockbridge":
            waiting()
        wait(path)
        print("held", time.monotonic_ns(), flush=True)
    else:
        begin = time.monotonic_ns()
        drop()
        print("dropped", begin, flush=True)
