// `lockbridge doctor` as a user meets it.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { tmpfs } from '../helpers/mounts.js';
import { scratch } from '../helpers/scratch.js';

const BIN = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));

function doctor(
  args: string[],
  cwd = scratch(),
): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [BIN, 'doctor', ...args], { encoding: 'utf8', cwd });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

it('says 0 and that all is there, in a table without colours or trailing blanks', () => {
  const dir = scratch();
  const { code, out, err } = doctor([dir]);
  expect(code).toBe(0);
  expect(out).toContain(`What a lock in '${dir}' can rely on`);
  expect(out).toMatch(/^ok +write lease +granted/m);
  expect(out).toMatch(/All guarantees are there/);
  expect(out).not.toMatch(/[ \u001b]$|\u001b/m);
  expect(err).toBe('');
  expect(readdirSync(dir)).toEqual([]);
});

it('says 1, which promise is broken, what that costs and what to do', ({ skip }) => {
  const dir = tmpfs('size=1m,nr_inodes=2') ?? skip('the mount was refused');
  const { code, out } = doctor([dir]);
  expect(code).toBe(1);
  expect(out).toMatch(/^missing create and remove\n  promise: .+\n  cost: .+\n  do: +free/m);
  expect(out).toMatch(/A guarantee is missing/);
});

it('prints the same as data', ({ skip }) => {
  const bad = tmpfs('size=1m,nr_inodes=2') ?? skip('the mount was refused');
  for (const [dir, guaranteed, code] of [
    [scratch(), true, 0],
    [bad, false, 1],
  ] as const) {
    const seen = doctor(['--json', dir]);
    expect(seen.code).toBe(code);
    expect(JSON.parse(seen.out)).toMatchObject({ dir, guaranteed });
  }
});

it('without a directory looks at the usual place, else at the current one, and says which', () => {
  const dir = scratch();
  const usual = existsSync('/tmp/balena') ? '/tmp/balena' : '.';
  expect(doctor([], dir).out).toContain(`in '${usual}'`);
});

it.each([
  ['a directory that is not there', ['/tmp/no-such-directory'], 66, /does not exist/],
  ['a file', [BIN], 66, /not a directory/],
  ['two directories', ['/tmp', '/var'], 64, /./],
  ['an unknown option', ['--bogus'], 64, /bogus/],
  ['an empty name', [''], 64, /name of a directory/],
])('%s gets one line and its exit code', (_name, args, code, says) => {
  const seen = doctor(args);
  expect(seen.code).toBe(code);
  expect(seen.err).toMatch(says);
  expect(seen.err).not.toMatch(/\n\s+at /);
  expect(seen.out).toBe('');
});

it('a directory named like an option is reached by a path', () => {
  const dir = scratch();
  mkdirSync(join(dir, '--json'));
  expect(doctor(['./--json'], dir).code).toBe(0);
});
