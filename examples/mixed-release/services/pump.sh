#!/bin/sh
# A pump, in shell: flock(1) around each stroke. It ends strokes early if an update is pending.
#
# flock leaves its file behind; the supervisor saw it being made and knows that it is no lock.

lock=$BALENA_APP_LOCK_PATH

say() { echo "$(date +%T.%N | cut -c1-12) pump ($RELEASE): $1" >>"$LOG_DIR/pump.log"; }

if [ "$1" = stroke ]; then
  trap 'say "CUT in the middle of a stroke"; exit 1' TERM
  say 'stroke begins'
  sleep "0.$2" & wait $!
  say 'stroke ends'
  exit
fi

trap 'say stopped; exit 0' TERM
say started
number=1
while :; do
  if [ ! -e "${lock%/*}/updates.pending" ]; then
    # Refused (1) or not permitted to open the supervisor's file (66): the next time, then.
    flock -n "$lock" "$0" stroke $((number * 7 % 6 + 3)) & wait $!
  fi
  number=$((number + 1))
  sleep "0.$((number * 5 % 7 + 2))" & wait $!
done
