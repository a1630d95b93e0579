# Shell, flock(1): it and its child share the locked description. The file stays behind when it ends.
flock -n "$1" sh -c 'echo held; read -r _'
