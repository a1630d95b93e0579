// Builds the binaries of the published package, prebuilds/MACHINE/, on any machine for all of them:
//
//   node scripts/prebuild.mjs [MACHINE…]      such as linux-arm64-musl; all without a name
//
// The development build is another one, by node-gyp (build-native.mjs).

import { rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAddon, buildProgram } from './prebuild/build.mjs';
import { ADDONS, PROGRAMS } from './prebuild/platforms.mjs';
import { findZig } from './prebuild/zig.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const asked = process.argv.slice(2);
const all = [
  ...ADDONS.map((machine) => ({ machine, file: 'lockbridge.node', build: buildAddon })),
  ...PROGRAMS.map((machine) => ({ machine, file: 'lockbridge-run', build: buildProgram })),
];

async function main() {
  const unknown = asked.filter((name) => !all.some(({ machine }) => machine.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ machine }) => machine.name).join(', ');
    console.error(`prebuild: no machine is called ${unknown.join(', ')}; there are ${known}`);
    return 64;
  }
  if (asked.length === 0) rmSync(join(root, 'prebuilds'), { recursive: true, force: true });
  const queue = all.filter(({ machine }) => asked.length === 0 || asked.includes(machine.name));
  try {
    const zig = findZig(root);
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const to = join('prebuilds', next.machine.name, next.file);
        const size = await next.build(zig, root, next.machine, join(root, to));
        console.log(`${to} ${(size / 1024).toFixed(0)} KB`);
      }
    };
    await Promise.all(cpus().map(worker));
  } catch (error) {
    console.error(`prebuild: ${error.message}`);
    return 1;
  }
  return 0;
}

process.exitCode = await main();
