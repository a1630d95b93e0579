# The update locks of a device, with a lock of each kind: held by flock, by lockfile, left by a killed
# lockbridge, and an empty file of nobody knows whom.
services=/tmp/balena-supervisor/services/1234
mkdir -p $services/flasher $services/main $services/sensor
flock $services/flasher/updates.lock sh -c 'echo flashing; sleep 600' >/dev/null &
lockfile $services/main/updates.lock
lockbridge-run lock --reason calibration --watch-pid $$ $services/sensor/resin-updates.lock
kill -9 "$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' $services/sensor/resin-updates.lock)"
lockbridge-run wait $services/sensor/resin-updates.lock
touch $services/sensor/updates.lock
settled $services/flasher/updates.lock
