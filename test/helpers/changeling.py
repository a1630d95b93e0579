"""Lets a file that is nobody's change places with a directory, or a socket, as fast as it can, until
its input ends. It has the file open, so that whoever takes and releases it leaves the name. Arguments:
the path, and `directory` or `socket`. Says `ready` first.
"""

import ctypes
import os
import select
import socket
import sys

AT_FDCWD, RENAME_EXCHANGE = -100, 2

path, kind = sys.argv[1:]
other = path + ".other"
file = open(path, "w+")
file.write('1\n{"lockbridge":1,"residue":true}\n')
file.flush()
if kind == "socket":
    socket.socket(socket.AF_UNIX).bind(other)
else:
    os.mkdir(other)

exchange = ctypes.CDLL(None).renameat2
names = [os.fsencode(name) for name in (path, other)]
print("ready", flush=True)
# An even number of times, and then a moment of peace with the file in place: in it one can be taken.
while not select.select([sys.stdin], [], [], 0.0005)[0]:
    for _ in range(100):
        exchange(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE)
