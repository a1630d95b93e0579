# The package as it is installed on a machine that no binary is for. That it is one Node is told: it has
# no other way to know.
mkdir -p /tmp/device/node_modules/lockbridge /tmp/device/node_modules/.bin
cd /tmp/device
cp -r "$root/dist" "$root/package.json" node_modules/lockbridge
ln -s "$root/node_modules" node_modules/lockbridge/node_modules
ln -s ../lockbridge/dist/bin.cjs node_modules/.bin/lockbridge
echo '{}' >package.json
echo 'Object.defineProperty(process, "arch", { value: "riscv64" })' >riscv.mjs
export NODE_OPTIONS=--import=/tmp/device/riscv.mjs
