// Containers of a balena-style service: its lock directory on the host is /tmp/balena inside. Each is
// removed when its test has finished.

import { chmodSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import { podmanEnvironment } from '../containers/rig/podman.mjs';
import { Child } from './child.js';
import { image, podman } from './podman.js';
import { scratch } from './scratch.js';

const TREE = fileURLToPath(new URL('../..', import.meta.url));
/** The service's lock as it calls it itself. */
export const INSIDE = '/tmp/balena/updates.lock';

/** The lock directory of a service as a supervisor lays it out, and the lock in it. */
export function serviceDirectory(app: string, service: string): { dir: string; path: string } {
  const dir = join(realpathSync(scratch()), 'tmp/balena-supervisor/services', app, service);
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o1777);
  return { dir, path: join(dir, 'updates.lock') };
}

const INTERPRETERS: Readonly<Record<string, string>> = {
  sh: 'sh',
  py: 'python3',
  pl: 'perl',
  cjs: 'node',
  mjs: 'node',
};

/** The command line of a program of test/containers/holders/ that takes INSIDE. */
export function holding(program: string): string[] {
  if (program.endsWith('.java')) return ['java', '-cp', '/opt', 'Hold', INSIDE];
  const interpreter = INTERPRETERS[program.replace(/.*\./, '')] ?? 'sh';
  return [interpreter, `/lockbridge/test/containers/holders/${program}`, INSIDE];
}

/** The command line of lockbridge itself. */
export function lockbridge(...args: string[]): string[] {
  return ['node', '/lockbridge/dist/bin.cjs', ...args];
}

export interface Container {
  id: string;
  name: string;
  /** Podman's client, attached to the container's program. */
  child: Child;
}

let count = 0;

// The tree and the very Node that runs the tests are mounted; the image has the C++ library for it.
function mounts(dir: string): string[] {
  const all = [
    `${dir}:/tmp/balena`,
    `${TREE}:/lockbridge:ro`,
    `${process.execPath}:/usr/local/bin/node:ro`,
  ];
  return all.flatMap((mount) => ['--volume', mount]);
}

// Podman refuses to remove a container that ends of itself at that very moment.
async function remove(name: string): Promise<void> {
  await vi.waitFor(() => podman('rm', '--force', '--ignore', '--time', '0', name), 20_000);
}

/** Starts a program that says `held`, in a container, and waits until it does. */
export async function containerHolder(
  dir: string,
  argv: readonly string[],
  ...options: string[]
): Promise<Container> {
  const name = `lockbridge-${String(process.pid)}-${String(++count)}`;
  const idFile = join(scratch(), 'id');
  const run = ['run', '--interactive', '--name', name, '--cidfile', idFile];
  const args = [...run, ...mounts(dir), ...options, image(), ...argv];
  const child = new Child('podman', args, { env: podmanEnvironment() });
  onTestFinished(async () => {
    await remove(name);
  });
  const said = await child.line();
  if (said !== 'held') throw new Error(`${name} said: ${said}`);
  return { id: readFileSync(idFile, 'utf8'), name, child };
}

/** Runs a program in a container to its end; what it printed. */
export async function inContainer(
  dir: string,
  argv: readonly string[],
  ...options: string[]
): Promise<string> {
  return podman('run', '--rm', ...mounts(dir), ...options, image(), ...argv);
}
