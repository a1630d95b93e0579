// Holders in namespaces of their own (unshare(1)): each takes a lock, says `held` and holds it until
// its input ends.

import { beforeEach } from 'vitest';
import { requirePeers } from '../../dist/env.js';
import { Child } from './child.js';

/** For the top of a test file: without root its tests are skipped, or fail where nothing may. */
export function needRoot(): void {
  beforeEach(({ skip }) => {
    if (process.getuid?.() === 0) return;
    if (requirePeers()) throw new Error('namespaces and mounts need root');
    skip('namespaces and mounts need root');
  });
}

const FLOCK = 'exec flock -n "$1" sh -c \'echo held; read -r _\'';

/** Flags of unshare(1) for a pid namespace with a /proc of its own; its children die with it. */
export const PID_NAMESPACE: readonly string[] = ['--pid', '--fork', '--mount-proc', '--kill-child'];

/** A program under unshare(1), once it has said `held`; it finds `args` in "$@". */
export async function unshared(
  flags: readonly string[],
  script: string,
  ...args: string[]
): Promise<Child> {
  const child = new Child('unshare', [...flags, 'sh', '-c', script, 'sh', ...args]);
  const said = await child.line();
  if (said !== 'held') throw new Error(`the holder under unshare said: ${said}`);
  return child;
}

/** flock(1) under unshare(1); `before` is shell to run first, with the path in "$1". */
export async function unsharedFlock(
  flags: readonly string[],
  before: string,
  ...args: string[]
): Promise<Child> {
  return unshared(flags, `set -e; ${before} ${FLOCK}`, ...args);
}
