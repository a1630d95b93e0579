# Python, the package lockfile: a hard link to a file of its own, named after host, thread and pid.

import sys
from lockfile import LockFile

with LockFile(sys.argv[1].removesuffix(".lock")):
    print("held", flush=True)
    sys.stdin.read()
