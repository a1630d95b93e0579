// Two minutes of torture: nobody is ever inside beside lockbridge, nobody starves, and nothing stays
// locked, whoever is killed, stopped or robbed of the lock.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { requirePeers } from '../../src/env.js';
import { scratch } from '../helpers/scratch.js';

interface Result {
  violations: string[];
  entries: number;
  killedInside: number;
  broken: number;
}

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));

interface Ran {
  code: unknown;
  stdout: string;
  stderr: string;
}

async function run(...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [RUN, ...args], { stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (said.stdout += String(data)));
  child.stderr.on('data', (data) => (said.stderr += String(data)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, ...said };
}

async function torture(...args: string[]): Promise<{ results: Result[]; stderr: string }> {
  const { stdout, stderr } = await run('--json', ...args);
  expect(stdout, stderr).not.toBe('');
  return { results: JSON.parse(stdout) as Result[], stderr };
}

it('two minutes of many languages, kills, stops and forced breaks: mutual exclusion holds', async () => {
  // Some seconds of the two minutes are for compilers.
  const { results, stderr } = await torture('--minutes', '1.9', '--kills', '150');
  expect(results.flatMap(({ violations }) => violations)).toEqual([]);
  expect(results).toHaveLength(2);
  // That anything happened at all; how much is a matter of the machine.
  for (const { entries, killedInside } of results)
    expect(Math.min(entries / 100, killedInside)).toBeGreaterThan(1);
  expect(results.some(({ broken }) => broken > 0)).toBe(true);
  if (requirePeers()) expect(stderr).not.toContain('without');
}, 200_000);

it('one contender that takes no lock is found out', async () => {
  const dir = scratch();
  const peers = 'lockbridge,lockbridge-unlocked,flock';
  const { code, stdout } = await run('--minutes', '0.1', '--peers', peers, '--dir', dir);
  expect({ code, told: stdout.includes('overlap: ') }).toEqual({ code: 1, told: true });
});

it('a contender that does not exist is refused', async () => {
  const { code, stderr } = await run('--peers', 'lockbridge,nobody');
  expect({ code, told: stderr.includes("no contender 'nobody'") }).toEqual({ code: 1, told: true });
});
