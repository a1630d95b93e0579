"""fighter.mjs in Python: the same critical section under the same lock."""

import os
import sys

import lockbridge

directory, rounds, mode = (sys.argv[1:] + [""])[:3]
path, counter, marker = (os.path.join(directory, n) for n in ("updates.lock", "counter", "marker"))
lock = lockbridge.Lock(path)
overlaps = 0
for _ in range(int(rounds)):
    if mode != "unlocked":
        lock.acquire()
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        with open(counter) as file:
            count = int(file.read())
        with open(counter, "w") as file:
            file.write(str(count + 1))
        os.unlink(marker)
    except (OSError, ValueError):
        overlaps += 1
    if mode != "unlocked":
        lock.release()
print(f"entries {rounds} overlaps {overlaps}")
