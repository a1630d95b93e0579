// One protocol, two implementations: Node and Python processes that fight for one lock never overlap.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Child, helperChild } from '../helpers/child.js';
import { scratch } from '../helpers/scratch.js';

const SOURCE = fileURLToPath(new URL('../../python-compat/src', import.meta.url));
const FIGHTER = fileURLToPath(new URL('../helpers/fighter.py', import.meta.url));

function arena(): string {
  const dir = scratch();
  writeFileSync(join(dir, 'counter'), '0');
  return dir;
}

const counted = (dir: string): number => Number(readFileSync(join(dir, 'counter'), 'utf8'));

const node = (...args: string[]): Promise<string> => helperChild('fighter.mjs', args).line();

async function python(...args: string[]): Promise<string> {
  const env = { ...process.env, PYTHONPATH: SOURCE, PYTHONDONTWRITEBYTECODE: '1' };
  return new Child('python3', [FIGHTER, ...args], { env }).line();
}

it('a Node and a Python process take one lock 10,000 times without an overlap', async () => {
  const dir = arena();
  expect(await Promise.all([node(dir, '5000'), python(dir, '5000')])).toEqual([
    'entries 5000 overlaps 0',
    'entries 5000 overlaps 0',
  ]);
  expect(counted(dir)).toBe(10_000);
  expect(readdirSync(dir)).toEqual(['counter']);
}, 240_000);

it('two of each do not overlap either', async () => {
  const dir = arena();
  const all = [node(dir, '500'), python(dir, '500'), node(dir, '500'), python(dir, '500')];
  expect(await Promise.all(all)).toEqual(Array(4).fill('entries 500 overlaps 0'));
  expect(counted(dir)).toBe(2000);
}, 120_000);

it('the same fight without the lock shows overlaps', async () => {
  const dir = arena();
  await Promise.all([node(dir, '5000', 'unlocked'), python(dir, '5000', 'unlocked')]);
  expect(counted(dir)).toBeLessThan(10_000);
});
