#!/bin/sh
# A service that writes down when it starts, and whether its update lock was held when it was stopped.
# With `flock -n`: refused (1) if it is held, not permitted (66) if the file is the supervisor's.

lock=$BALENA_APP_LOCK_PATH

say() { echo "$1 $$ $RELEASE" >>"$LOG"; }

trap 'if [ -e "$lock" ] && ! flock -n "$lock" true 2>/dev/null; then say stopped; else say UNLOCKED; fi; exit 0' TERM
say started
while :; do sleep 1000 & wait $!; done
