// A file that was on record under an earlier boot is stale; nothing else about its age proves it.

import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breakSync, inspectSync, LockHistory, type Inspection } from '../../src/index.js';
import { flockHolder } from '../helpers/child.js';
import { BASES, scratch } from '../helpers/scratch.js';

function onRecord(state: string, boot: string, ...paths: string[]): void {
  const history = new LockHistory(state, boot);
  history.note(paths.map((path) => inspectSync(path)));
  history.save();
}

const look = (state: string, boot: string, path: string): Inspection =>
  inspectSync(path, { history: new LockHistory(state, boot) });

function world(base?: string): { state: string; path: string } {
  const dir = scratch(base);
  return { state: join(dir, 'state.json'), path: join(dir, 'resin-updates.lock') };
}

describe.each(BASES)('in %s', (base) => {
  it.each(['', 'content of nobody', '0'])(
    'a file with content %j on record under an earlier boot is stale',
    (content) => {
      const { state, path } = world(base);
      writeFileSync(path, content);
      onRecord(state, 'boot-1', path);
      expect(look(state, 'boot-2', path)).toMatchObject({ verdict: 'stale' });
      expect(breakSync(path, { history: new LockHistory(state, 'boot-2') }).verdict).toBe('stale');
      expect(readdirSync(join(path, '..'))).toEqual(['state.json']);
    },
  );

  it('a directory on record under an earlier boot is stale and is removed', () => {
    const { state, path } = world(base);
    mkdirSync(path);
    onRecord(state, 'boot-1', path);
    expect(look(state, 'boot-1', path).verdict).toBe('held');
    expect(breakSync(path, { history: new LockHistory(state, 'boot-2') }).verdict).toBe('stale');
    expect(readdirSync(join(path, '..'))).toEqual(['state.json']);
  });

  it('the same boot proves nothing', () => {
    const { state, path } = world(base);
    writeFileSync(path, 'x');
    onRecord(state, 'boot-1', path);
    expect(look(state, 'boot-1', path).verdict).toBe('held');
  });

  it('noting it again after the reboot does not rejuvenate it', () => {
    const { state, path } = world(base);
    writeFileSync(path, 'x');
    onRecord(state, 'boot-1', path);
    onRecord(state, 'boot-2', path);
    expect(look(state, 'boot-2', path).verdict).toBe('stale');
  });

  it('an app that locked before the supervisor came up keeps its lock', () => {
    const { state, path } = world(base);
    writeFileSync(path, 'old');
    onRecord(state, 'boot-1', path);
    unlinkSync(path);
    writeFileSync(path, 'old'); // by the app, in the new boot
    expect(look(state, 'boot-2', path).verdict).toBe('held');
  });

  it('a file that its maker has touched since is held', () => {
    const { state, path } = world(base);
    writeFileSync(path, 'x');
    onRecord(state, 'boot-1', path);
    chmodSync(path, 0o600);
    expect(look(state, 'boot-2', path).verdict).toBe('held');
  });

  it('a file with a kernel lock on it is held, whatever is on record', async () => {
    const { state, path } = world(base);
    writeFileSync(path, '');
    onRecord(state, 'boot-1', path);
    await flockHolder(path);
    expect(look(state, 'boot-2', path)).toMatchObject({ verdict: 'held', by: 'kernel' });
  });

  it('times from before this boot prove nothing: the clock may have jumped a month', () => {
    const { path } = world(base);
    writeFileSync(path, 'x');
    const monthBefore = new Date(Date.now() - process.uptime() * 1000 - 31 * 86_400_000);
    utimesSync(path, monthBefore, new Date(0));
    expect(inspectSync(path)).toMatchObject({ verdict: 'held', by: 'existence' });
    closeSync(openSync(`${path}2`, 'wx'));
    utimesSync(`${path}2`, monthBefore, new Date(0));
    expect(inspectSync(`${path}2`)).toMatchObject({ verdict: 'held', by: 'undecidable' });
  });
});

/** A file on record whose inode number another file has by now; undefined if somebody took the number. */
function reused(): { state: string; path: string } | undefined {
  const { state, path } = world(); // ext4 hands out the lowest number that is free
  writeFileSync(path, 'x');
  const { ino } = statSync(path);
  onRecord(state, 'boot-1', path);
  unlinkSync(path);
  for (let i = 0; i < 100; i++) {
    writeFileSync(path, 'x');
    if (statSync(path).ino === ino) return { state, path };
    renameSync(path, `${path}-${String(i)}`); // a lower one: keep it taken
  }
  return undefined;
}

it('an inode number that was handed out again is another file', ({ skip }) => {
  let again = reused();
  for (let tries = 0; again === undefined && tries < 10; tries++) again = reused();
  if (again === undefined)
    return skip('others make so many files that no inode number comes again');
  expect(look(again.state, 'boot-2', again.path).verdict).toBe('held');
});

it('what is gone is forgotten, what was not looked at is kept', () => {
  const { state, path } = world();
  writeFileSync(path, 'x');
  writeFileSync(`${path}2`, 'x');
  onRecord(state, 'boot-1', path, `${path}2`);
  unlinkSync(path);
  onRecord(state, 'boot-1', path);
  expect(readFileSync(state, 'utf8')).not.toContain('updates.lock"');
  expect(look(state, 'boot-2', `${path}2`).verdict).toBe('stale');
});

it.each(['', '[]', '{"lockbridgeHistory":2,"files":{}}', 'precious notes'])(
  'a file with content %j is not taken for a history, and is not overwritten',
  (content) => {
    const { state } = world();
    writeFileSync(state, content);
    expect(() => new LockHistory(state)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
    );
    expect(readFileSync(state, 'utf8')).toBe(content);
  },
);

it('entries of another shape are passed over', () => {
  const { state, path } = world();
  writeFileSync(path, 'x');
  const { id = '' } = inspectSync(path);
  writeFileSync(state, JSON.stringify({ lockbridgeHistory: 1, files: { [id]: { boot: 1 } } }));
  expect(look(state, 'boot-2', path).verdict).toBe('held');
});
