"""As victim.mjs, in Python: one JSON command a line, with the shim armed for that act alone.

{ act, path, at, error, noTmpfile, only } -> { said, error, calls, injected, fds }. What other threads do
does not count, and neither does what the interpreter does once: it is done before.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import struct
import sys

from lockbridge import LockError, _lockfile, _release, inspect, try_acquire
from lockbridge._break import _replace
from lockbridge._options import Options

INTS = struct.Struct("8i")
NAME = 16

with open(os.environ["FAULT_PLAN"], "r+b") as file:
    plan = mmap.mmap(file.fileno(), 0)
locks = {}


def acquire(path, seen, only):
    lock = try_acquire(path)
    if lock is None:
        return "blocked"
    locks[path] = lock
    return "held"


def replace(path, seen, only):
    """The step that replaces, alone, as victim.mjs does it."""
    locks[path] = _replace(path, seen, seen.id if only else None, Options())
    return "held"


def release(path, seen, only):
    lock = locks.pop(path)
    return _release.release(lock) if isinstance(lock, _lockfile.Held) else lock.release()


def sweep(path, seen, only):
    try:
        done = _release.sweep(path)  # also if it is no residue
        plan[0] = 0
        return str(int(done and not os.path.lexists(path)))
    except OSError as error:
        return str(-(error.errno or 0))


def look(path, seen, only):
    return inspect(path).verdict


acts = {
    "acquire": acquire,
    "replace": replace,
    "release": release,
    "sweep": sweep,
    "inspect": look,
}


def arm(command):
    at, error = command.get("at", -1), command.get("error", 0)
    INTS.pack_into(plan, 0, 1, at, error, int(command.get("noTmpfile", False)), -1, 0, 0, 0)


def disarm():
    INTS.pack_into(plan, 0, 0, *INTS.unpack_from(plan, 0)[1:])
    count, injected = INTS.unpack_from(plan, 0)[5:7]
    count = min(count, (len(plan) - INTS.size) // NAME)
    names = plan[INTS.size : INTS.size + count * NAME]
    calls = [names[at : at + NAME].rstrip(b"\0").decode() for at in range(0, len(names), NAME)]
    return {"calls": calls, "injected": injected == 1}


def fds(directory):
    """The lock files and directories alone."""
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return -1  # none left to look with
    found = 0
    for fd in names:
        try:
            found += os.readlink(f"/proc/self/fd/{fd}").startswith(directory)
        except OSError:
            pass  # that of the listing
    return found


def perform(command):
    answer = {}
    path = command["path"]
    seen = inspect(path) if command["act"] == "replace" else None
    arm(command)
    try:
        answer["said"] = acts[command["act"]](path, seen, command.get("only"))
        answer.update(disarm())
    except Exception as error:  # whatever it is, the test has to see it
        answer.update(disarm())
        answer["error"] = {"name": type(error).__name__, "message": str(error)}
        if isinstance(error, LockError):
            answer["error"]["name"] = "LockError"
            shown = {"code": error.code, "syscall": error.syscall, "path": error.path}
            answer["error"].update({key: value for key, value in shown.items() if value})
    answer["fds"] = fds(path.rpartition("/")[0])
    return answer


gc.disable()  # what it closes, and when, is no part of any act
inspect("/proc/self/exe")
for line in sys.stdin:
    print(json.dumps(perform(json.loads(line))), flush=True)
