# The place in which the documents' commands run: an empty /tmp in a mount namespace of its own.
#
#   place.sh ROOT DIR      ROOT: the checkout. DIR, not below /tmp: `script` to run, `work` with more
#                          files of the working directory, `out` for what is printed
set -e
root=$1 dir=$2
mkdir "$dir/root"
mount --bind "$root" "$dir/root"
mount -t tmpfs tmpfs /tmp
case $root/ in
  /tmp/*) mkdir -p "$root" && mount --bind "$dir/root" "$root" ;;
esac
cp -r "$dir/work" /tmp/work
mkdir /tmp/balena /tmp/bin /tmp/out
mount --bind "$dir/out" /tmp/out
ln -s "$root/dist/bin.cjs" /tmp/bin/lockbridge
ln -s "$root/build/Release/lockbridge-run" /tmp/bin/lockbridge-run
cd /tmp/work
for program in flash.sh both.sh migrate; do
  printf '#!/bin/sh\n' >$program
  chmod +x $program
done
export PATH=/tmp/bin:$PATH HOME=/tmp/work

# Returns when what was started in the background holds its lock; a reader takes longer to type.
#   settled LOCK OUTPUT
settled() {
  until [ -e "$1" ] && grep -q ":$(stat -c %i "$1") " /proc/locks; do :; done
}

descendants() {
  local child
  for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
    echo "$child"
    descendants "$child"
  done
}
trap 'kill -9 $(descendants $$) 2>/dev/null || true' EXIT
set +e
. "$dir/script"
