// The checks against a second process that is not what it should be: each promise that is broken is
// found. (Real directories and hosts: test/faults/doctor.test.ts.)

import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../dist/index.js';
import { judgeTime } from '../../src/doctor/checks/attributes.js';
import { exclusive } from '../../src/doctor/checks/create.js';
import { events, judgeRoom } from '../../src/doctor/checks/events.js';
import { lease } from '../../src/doctor/checks/lease.js';
import { death, flock, ofd, whole } from '../../src/doctor/checks/locks.js';
import { Workbench } from '../../src/doctor/bench.js';
import type { Second } from '../../src/doctor/second.js';
import type { Bench, Check } from '../../src/doctor/types.js';
import { allGuaranteed } from '../../src/index.js';
import { SYSCTLS } from '../../src/inspect/sysctl.js';
import { scratch } from '../helpers/scratch.js';

/** A second process that does nothing and says `answer` to everything. */
function saying(answer: number): Second {
  return { call: () => Promise.resolve(answer), kill: () => Promise.resolve() };
}

function benchWith(second: Second): Bench {
  const dir = scratch();
  mkdirSync(join(dir, 's'));
  return {
    dir,
    sysctls: SYSCTLS,
    file: (name) => join(dir, 's', name),
    prepare: () => undefined,
    second: () => second,
  };
}

describe('a second process that', () => {
  const EAGAIN = -11;
  it.each<[what: string, answer: number, check: Check, says: RegExp]>([
    ['gets a flock which is held', 3, flock, /not refused.*got the lock/],
    ['gets a record lock which is held', 3, ofd, /not refused.*got the lock/],
    ['never gets a released flock', EAGAIN, flock, /did not get the released lock/],
    ['never gets a released record lock', EAGAIN, ofd, /did not get the released lock/],
    ['creates what is there', 3, exclusive, /created/],
    ['takes what lockbridge holds', 3, whole, /exclusive create.*flock.*record lock/],
    ['stays locked when it is killed', 0, death, /stayed/],
    ['does not count as an opener', 3, lease, /granted although/],
    ['makes no event', 3, events, /create, close, delete/],
  ])('%s is a promise broken', async (_what, answer, check, says) => {
    // `death` asks the survivor with the same answers: it hears "not 0" where the lock stayed.
    const second = saying(answer);
    const bench =
      check === death
        ? { ...benchWith(second), second: (fresh?: 'fresh') => saying(fresh ? 0 : EAGAIN) }
        : benchWith(second);
    const found = await check.run(bench);
    expect(found).toMatchObject({ status: 'missing' });
    expect(found.detail).toMatch(says);
    expect(found.cost).toMatch(/./);
    expect(check.guarantee).toMatch(/./);
  });
});

it('a time that is not kept is weak, one that is rounded is not', () => {
  expect(judgeTime(1000, 1000).status).toBe('ok');
  expect(judgeTime(1000.5, 1000)).toMatchObject({
    status: 'ok',
    detail: expect.stringContaining('0.5 s'),
  });
  expect(judgeTime(1000.5, 999)).toMatchObject({ status: 'ok' });
  expect(judgeTime(1120, 1000)).toMatchObject({ status: 'weak' });
});

it('a limit that is nearly reached is weak', () => {
  expect(judgeRoom(120, 128, 'instances', 8).status).toBe('ok');
  expect(judgeRoom(121, 128, 'instances', 8)).toMatchObject({
    status: 'weak',
    remedy: expect.stringContaining('max_user_instances'),
  });
});

it('a guarantee that is missing or unknown is not there; a weak one is', () => {
  const finding = { id: 'x', name: 'x', detail: '' };
  expect(allGuaranteed([{ ...finding, guarantee: 'g', status: 'weak' }])).toBe(true);
  expect(allGuaranteed([{ ...finding, status: 'missing' }])).toBe(true);
  expect(allGuaranteed([{ ...finding, guarantee: 'g', status: 'missing' }])).toBe(false);
  expect(allGuaranteed([{ ...finding, guarantee: 'g', status: 'unknown' }])).toBe(false);
});

it('the temporary directory is for its user alone, and gone when cleaned', () => {
  const dir = scratch();
  const bench = new Workbench({ dir, scratch: '.s', sysctls: SYSCTLS });
  expect(bench.prepare()).toBeUndefined();
  expect(statSync(join(dir, '.s')).mode & 0o777).toBe(0o700);
  bench.clean();
  expect(statSync(join(dir, '.s'), { throwIfNoEntry: false })).toBeUndefined();
});

it.each([
  ['an empty name', '', 'ERR_INVALID_ARGUMENT'],
  ['a NUL', 'a\0b', 'ERR_INVALID_ARGUMENT'],
  ['no string', 7 as unknown as string, 'ERR_INVALID_ARGUMENT'],
  ['what is not there', '/tmp/no-such-directory', 'ERR_LOCK_PATH'],
  ['a file', '/etc/passwd', 'ERR_LOCK_PATH'],
])('%s is refused with its code', async (_name, dir, code) => {
  await expect(diagnose(dir)).rejects.toMatchObject({ code });
});

it('a time that is none is refused', async () => {
  const code = 'ERR_INVALID_ARGUMENT';
  await expect(diagnose(scratch(), { timeout: 0 })).rejects.toMatchObject({ code });
});
