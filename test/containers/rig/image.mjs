// The one image that all container tests run: a minimal Debian with a lock program of each language,
// made from Debian's packages without a registry. Node and what is ours are mounted, not copied.
//
//   node image.mjs          makes it unless it is there, and prints its name
//   node image.mjs remove   removes our containers, so that the cache can be deleted
//
// Its tag is a hash of what goes into it: a second call only looks. Callers take turns (flock).

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { podmanEnvironment, STORE } from './podman.mjs';

const SUITE = 'bookworm';
const MIRROR = 'http://deb.debian.org/debian';
const PACKAGES = [
  'procmail',
  'python3-lockfile',
  'liblockfile-simple-perl',
  'openjdk-17-jre-headless',
  'libecj-java',
  'systemd',
];
const INPUTS = ['image.mjs', 'compile.sh', '../holders/Hold.java'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);
const [SELF, COMPILE] = INPUTS;
const DEBIAN = [
  '--quiet',
  '--aptopt=Acquire::Retries "3"',
  '--variant=essential',
  `--include=${PACKAGES.join(',')}`,
  // Not the manual pages: a package's alternatives for them must find their directory.
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  `--customize-hook=${COMPILE}`,
  SUITE,
  '-',
  MIRROR,
];

const REPOSITORY = 'localhost/lockbridge-rig';
const env = podmanEnvironment();

function podman(...args) {
  const done = spawnSync('podman', args, { env, encoding: 'utf8' });
  if (done.error !== undefined)
    throw new Error('podman is missing: apt-get install podman runc mmdebstrap');
  return done;
}

function nameOfImage() {
  const hash = createHash('sha256');
  for (const file of INPUTS) hash.update(readFileSync(file));
  return `${REPOSITORY}:${hash.digest('hex').slice(0, 12)}`;
}

async function make(name) {
  const debian = spawn('mmdebstrap', DEBIAN, { stdio: ['ignore', 'pipe', 'inherit'] });
  const load = spawn('podman', ['import', '--quiet', '-', name], {
    env,
    stdio: [debian.stdout, 'ignore', 'inherit'],
  });
  debian.stdout.destroy(); // the pipe is theirs: an end that we kept open would hide the other's
  const codes = await Promise.all(
    [debian, load].map(async (child) => (await once(child, 'exit'))[0]),
  );
  if (codes.every((code) => code === 0)) return;
  podman('rmi', name); // of a tar that broke off
  throw new Error(`mmdebstrap | podman import: exit ${codes.join(' and ')}`);
}

// One version is kept: half a gigabyte for each change of this file would fill the cache.
function removeOthers(name) {
  const { stdout } = podman('images', '--format', '{{.Repository}}:{{.Tag}}', REPOSITORY);
  const others = stdout.split('\n').filter((other) => other !== '' && other !== name);
  if (others.length > 0) podman('rmi', ...others);
}

async function main([verb]) {
  if (verb === 'remove') return podman('rm', '--all', '--force', '--time', '0').status;
  const name = nameOfImage();
  if (verb !== 'make') {
    const self = [process.execPath, SELF, 'make'];
    return spawnSync('flock', [join(STORE, 'making'), ...self], { stdio: 'inherit' }).status ?? 1;
  }
  if (podman('image', 'exists', name).status !== 0) {
    removeOthers(name);
    await make(name);
  }
  console.log(name);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
