// Holders in namespaces of their own (unshare(1)): each takes a lock, says `held` and holds it until
// its input ends.

import { readdirSync } from 'node:fs';
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

/** A number that no process has here: namespaces count on their own (pid_namespaces(7)). */
export function numberOfNobody(): number {
  const taken = new Set(readdirSync('/proc'));
  for (let pid = 32_000; pid > 300; pid--) if (!taken.has(String(pid))) return pid;
  throw new Error('every number is taken');
}

/** A command in a pid namespace of its own, where it has that number, once it has said `held`. */
export async function numbered(number: number, command: readonly string[]): Promise<Child> {
  // Without the colon the shell would not fork, and the command be number 1.
  const script = 'echo "$1" > /proc/sys/kernel/ns_last_pid; shift; "$@"; :';
  return unshared(PID_NAMESPACE, script, String(number - 1), ...command);
}
