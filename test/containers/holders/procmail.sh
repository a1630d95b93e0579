# Shell, procmail's lockfile: the file is the lock; no process keeps it open.
lockfile -r 0 "$1" && echo held && read -r _
rm -f "$1"
