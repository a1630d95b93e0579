# A clone that is built, and a new peer: `npx lockbridge` there has it once it is compiled beside the
# others and has its line in the table.
mkdir /tmp/clone
cd /tmp/clone
cp -r "$root/dist" "$root/package.json" .
ln -s "$root/node_modules" "$root/build" .
npx() {
  mv lckdo.js dist/peers/
  sed -i -e "1i import { lckdo } from './lckdo.js';" -e 's/^ *flock,$/& lckdo,/' dist/peers/index.js
  node dist/cli/bin.js "${@:2}"
}
