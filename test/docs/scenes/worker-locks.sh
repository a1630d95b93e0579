# A service that has its lock, until it is killed: job 1.
lock=/tmp/device/tmp/balena-supervisor/services/123/worker/updates.lock
mkdir -p "${lock%/*}"
lockbridge-run $lock -- sleep 600 &
locked $lock
settled() {
  until grep -q 'waiting for' "$2"; do sleep 0.01; done
}
