"""A feeder, in Python: the package `lockfile` around each feed, as balena's documentation shows it."""

import os
import random
import signal
import sys
import time

from lockfile import LockFile, LockTimeout

LOCK = os.environ["BALENA_APP_LOCK_PATH"].removesuffix(".lock")
PENDING = os.path.join(os.path.dirname(LOCK), "updates.pending")
inside = False


def say(text):
    with open(os.path.join(os.environ["LOG_DIR"], "feed.log"), "a") as log:
        log.write(f"{time.strftime('%T')} feed ({os.environ['RELEASE']}): {text}\n")


def stop(_signal, _frame):
    say("CUT in the middle of a feed" if inside else "stopped")
    sys.exit(inside)


signal.signal(signal.SIGTERM, stop)
say("started")
while True:
    if not os.path.exists(PENDING):
        lock = LockFile(LOCK)
        try:
            lock.acquire(timeout=-1)
        except LockTimeout:
            pass
        else:
            inside = True
            say("feed begins")
            time.sleep(random.uniform(0.5, 1.5))
            say("feed ends")
            inside = False
            lock.release()
    time.sleep(random.uniform(0.2, 0.8))
