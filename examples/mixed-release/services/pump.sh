#!/bin/sh
# A pump, in shell: flock(1) around each stroke. It begins no stroke while an update is pending.
#
# flock leaves its file behind; the supervisor saw it being made and knows that it is no lock.

say() { echo "$(date +%T.%N | cut -c1-12) pump ($RELEASE): $1" >>"$LOG_DIR/pump.log"; }

if [ "$1" = stroke ]; then
  trap 'say "CUT in the middle of a stroke"; exit 1' TERM
  say 'stroke begins'
  sleep "$2" & wait $!
  say 'stroke ends'
  exit
fi

PATH=${0%/*}:$PATH
cd "${BALENA_APP_LOCK_PATH%/*}" || exit
trap 'say stopped; exit 0' TERM
say started
number=1
while :; do
  if [ ! -e updates.pending ]; then
    # Refused (1) or not permitted to open the supervisor's file (66): the next time, then.
    flock -n updates.lock pump.sh stroke "1.$((number * 7 % 5 * 2))" & wait $!
  fi
  number=$((number + 1))
  sleep "0.$((number * 5 % 7 + 2))" & wait $!
done 2>/dev/null # else the shell says that a sleep was stopped with it
