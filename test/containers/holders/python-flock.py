# Python, fcntl.flock. The file stays behind when it ends.

import fcntl
import sys

with open(sys.argv[1], "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("held", flush=True)
    sys.stdin.read()
