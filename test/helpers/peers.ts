// Foreign lock programs that a test needs: missing, the test is skipped out loud, and fails where
// LOCKBRIDGE_REQUIRE_PEERS=1, so that no run is green by being empty.

import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { requirePeers } from '../../src/env.js';
import { python as findPython, pythonDir } from '../../src/peers/python.js';
import { Child } from './child.js';

const PYTHON = await findPython();
const ENV = { ...process.env, PYTHONPATH: pythonDir(), PYTHONDONTWRITEBYTECODE: '1' };

/** Why a Python module cannot be used here; undefined if it can. */
export function lacksPython(module: string): string | undefined {
  if (PYTHON === '') return 'no python3 in PATH';
  const { status } = spawnSync(PYTHON, ['-c', `import ${module}`], { env: ENV });
  return status === 0 ? undefined : `no Python module ${module} in ${pythonDir()}`;
}

/** Why a Perl module cannot be used here; undefined if it can. */
export function lacksPerl(module: string): string | undefined {
  const { status } = spawnSync('perl', [`-M${module}`, '-e', '1']);
  return status === 0 ? undefined : `no Perl module ${module}`;
}

/** Why a command cannot be used here; undefined if it can. */
export function lacksCommand(command: string): string | undefined {
  const { error } = spawnSync(command, ['--version'], { timeout: 10_000, input: '' });
  return error === undefined ? undefined : `no \`${command}\` in PATH`;
}

/** A test that needs something which is `missing` for a reason, or is there. */
export function itWith(
  missing: string | undefined,
  proposition: string,
  test: () => void | Promise<void>,
  timeout?: number,
): void {
  if (missing === undefined) it(proposition, test, timeout);
  else if (requirePeers())
    it(proposition, () => {
      expect.unreachable(missing);
    });
  else it.skip(`${proposition} (${missing})`, test);
}

/** A program in Python that has said `held`, with the peers' packages in reach. */
export async function pythonHolder(script: string, ...args: string[]): Promise<Child> {
  const child = new Child(PYTHON, ['-u', '-c', script, ...args], { env: ENV });
  const said = await child.line();
  if (said !== 'held') throw new Error(`python said: ${said}`);
  return child;
}

/** A program in Perl that has said `held`. */
export async function perlHolder(script: string, ...args: string[]): Promise<Child> {
  const child = new Child('perl', ['-e', `$| = 1; ${script}`, ...args]);
  const said = await child.line();
  if (said !== 'held') throw new Error(`perl said: ${said}`);
  return child;
}
