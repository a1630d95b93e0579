#!/bin/sh
# `lockbridge-run` as a command of the npm package, which has one program for each kind of processor
# and can name one file. It becomes the program, so pid, signals and descriptors are as without it, and
# starts nothing on the way: uname and readlink would take longer than the program.

# npm links it into node_modules/.bin, or for -g into bin/ beside lib/node_modules/.
dir=${0%/*}
for package in "$dir/.." "$dir/../lockbridge" "$dir/../lib/node_modules/lockbridge" ''; do
  [ "$package/dist/lockbridge-run" -ef "$0" ] && break
done
if [ -z "$package" ]; then
  self=$(readlink -f "$0")
  package=${self%/*}/..
fi

built=$package/build/Release/lockbridge-run
[ -x "$built" ] && exec "$built" "$@"

{ read -r machine </proc/sys/kernel/arch; } 2>/dev/null || machine=$(uname -m) # Linux 6.1
case $machine in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  armv7* | armv8*) arch=arm ;;
  *) arch=$machine ;;
esac
program=$package/prebuilds/linux-$arch/lockbridge-run
[ -x "$program" ] && exec "$program" "$@"
echo "lockbridge: no lockbridge-run for linux-$arch in this package; \`lockbridge run\` does the same in Node, and a clone builds it (docs/install.md)" >&2
exit 69
