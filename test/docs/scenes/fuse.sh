# A FUSE mount.
mkdir /tmp/lower /tmp/data
bindfs -f /tmp/lower /tmp/data &
until mountpoint -q /tmp/data; do sleep 0.01; done
