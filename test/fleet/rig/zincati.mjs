// Builds Zincati's FleetLock client into the peers' cache (about a minute, once): the module is taken
// from its crate, which cargo fetches, and compiled with the few crates that it needs.
//
//     node test/fleet/rig/zincati.mjs

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peersDir } from '../../../dist/env.js';

const CRATE = 'zincati';
const VERSION = '0.0.32';
const HERE = join(dirname(fileURLToPath(import.meta.url)), 'zincati');

/** Where the command is when it was built. */
export const ZINCATI = join(peersDir(), 'zincati/target/debug/zincati-fleet-lock');

function cargo(...args) {
  const { status, error } = spawnSync('cargo', args, { stdio: ['ignore', 2, 2] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`cargo ${args.join(' ')}: exit code ${String(status)}`);
}

/** Its sources, as cargo unpacks them. */
function sources() {
  const registry = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry/src');
  const of = (index) => join(registry, index, `${CRATE}-${VERSION}`, 'src/fleet_lock/mod.rs');
  return (existsSync(registry) ? readdirSync(registry) : []).map(of).find(existsSync);
}

function build() {
  // A crate without a library cannot be depended on; to look at it makes cargo fetch it.
  if (sources() === undefined) cargo('info', `${CRATE}@${VERSION}`);
  const from = sources();
  if (from === undefined) throw new Error(`cargo has fetched no ${CRATE} ${VERSION}`);
  const dir = join(peersDir(), 'zincati');
  mkdirSync(dir, { recursive: true });
  for (const file of ['Cargo.toml', 'Cargo.lock', 'main.rs'])
    copyFileSync(join(HERE, file), join(dir, file));
  copyFileSync(from, join(dir, 'fleet_lock.rs'));
  cargo('build', '--locked', '--manifest-path', join(dir, 'Cargo.toml'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
