# The place in which the documents' commands run: an empty /tmp in a mount namespace of its own.
#
#   place.sh ROOT DIR      ROOT: the checkout. DIR, not below /tmp: `script` to run, `files` that it may
#                          take, `out` for what is printed
set -e
root=$1 dir=$2
mkdir "$dir/root"
mount --bind "$root" "$dir/root"
mount -t tmpfs tmpfs /tmp
case $root/ in
  /tmp/*) mkdir -p "$root" && mount --bind "$dir/root" "$root" ;;
esac
mkdir /tmp/work /tmp/balena /tmp/bin /tmp/out
mount --bind "$dir/out" /tmp/out
ln -s "$root/dist/bin.cjs" /tmp/bin/lockbridge
ln -s "$root/build/Release/lockbridge-run" /tmp/bin/lockbridge-run
# Both packages are installed.
mkdir -p /tmp/node_modules/.bin
ln -s "$root" /tmp/node_modules/lockbridge
ln -s "$root/dist/bin.cjs" /tmp/node_modules/.bin/lockbridge
echo '{"type":"module"}' >/tmp/package.json
export PYTHONPATH=$root/python-compat/src PYTHONDONTWRITEBYTECODE=1
cd /tmp/work
for program in flash.sh both.sh migrate; do
  printf '#!/bin/sh\n' >$program
  chmod +x $program
done
export PATH=/tmp/bin:$PATH HOME=/tmp/work npm_config_update_notifier=false

# Returns when what was started in the background holds its lock; a reader takes longer to type.
#   settled LOCK OUTPUT
settled() {
  locked "$1"
}
locked() {
  until [ -e "$1" ] && grep -q ":$(stat -c %i "$1") " /proc/locks; do sleep 0.01; done
}

# Who lives here: whoever sees this place's own mounts. Services outlive their daemon, and are nobody's
# children then.
inhabitants() {
  grep -lF "${dir##*/}/out" /proc/[0-9]*/mountinfo 2>/dev/null | cut -d/ -f3 | grep -vx $$
}
trap 'kill -9 $(inhabitants) 2>/dev/null || true' EXIT
set +e
. "$dir/script"
