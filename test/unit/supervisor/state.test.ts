// What the daemon keeps over restarts: whole or not at all, and never overwritten unread.

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LockError } from '../../../src/index.js';
import { dumpConfig, dumpPath } from '../../../src/supervisor/dump.js';
import { deviceKey, newKey } from '../../../src/supervisor/key.js';
import { StateStore, type State } from '../../../src/supervisor/state.js';
import { parseLocalTarget } from '../../../src/supervisor/target/local.js';
import { helperChild } from '../../helpers/child.js';
import { tmpfs } from '../../helpers/mounts.js';
import { scratch, until } from '../../helpers/scratch.js';

function refusal(act: () => unknown): LockError {
  try {
    act();
  } catch (error) {
    if (LockError.is(error)) return error;
    throw error;
  }
  throw new Error('not refused');
}

const modeOf = (path: string): number => statSync(path).mode & 0o7777;
const target = parseLocalTarget({
  local: {
    name: 'd',
    config: { A: '1' },
    apps: {
      1: {
        dataDir: '/data',
        update: { 'max-wait': '1h', windows: [{ cron: '@daily', for: '1h', timezone: 'UTC' }] },
        services: {
          1: { serviceName: 'a', image: 'i', command: 'x y', volumes: ['v:/v'], working_dir: '/w' },
        },
      },
    },
  },
});

describe('the state', () => {
  it('is empty at first, and nothing is written for that', () => {
    const dir = join(scratch(), 'a/b');
    expect(new StateStore(dir).state).toEqual({ current: {}, stopped: {}, keys: {}, applying: {} });
    expect(readdirSync(dir)).toEqual([]);
    expect(modeOf(dir)).toBe(0o700);
  });

  it('is what was saved, in full', () => {
    const dir = scratch();
    const [app] = target.apps;
    if (app === undefined) throw new Error('no app');
    const whole: State = {
      target,
      configDigest: 'abc',
      current: { 1: app },
      stopped: { 1: ['a'] },
      override: false,
      keys: { 1: newKey() },
      applying: { 1: { from: 'x', to: 'y', force: true } },
    };
    new StateStore(dir).update((draft) => void Object.assign(draft, whole));
    expect(new StateStore(dir).state).toEqual(whole);
    expect(modeOf(join(dir, 'state.json'))).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['state.json']);
  });

  it('is not changed by an update that throws, in memory or on disk', () => {
    const dir = scratch();
    const store = new StateStore(dir);
    store.update((draft) => {
      draft.keys['1'] = 'k';
    });
    expect(() =>
      store.update((draft) => {
        delete draft.keys['1'];
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.state.keys).toEqual({ 1: 'k' });
    expect(new StateStore(dir).state.keys).toEqual({ 1: 'k' });
  });

  it('after a full disk is what it was, and can be saved again', ({ skip }) => {
    const dir = tmpfs('size=256k') ?? skip('no mounts here');
    const store = new StateStore(dir);
    store.update((draft) => {
      draft.keys['1'] = 'before';
    });
    writeFileSync(join(dir, 'ballast'), Buffer.alloc(200 * 1024));
    const error = refusal(() =>
      store.update((draft) => {
        draft.keys['1'] = 'x'.repeat(100_000);
      }),
    );
    expect(error.message).toBe(`cannot write the supervisor's state '${store.file}': ENOSPC`);
    expect(store.state.keys).toEqual({ 1: 'before' });
    expect(new StateStore(dir).state.keys).toEqual({ 1: 'before' });
    expect(readdirSync(dir).sort()).toEqual(['ballast', 'state.json']);
    writeFileSync(join(dir, 'ballast'), '');
    store.update((draft) => {
      draft.keys['1'] = 'after';
    });
    expect(new StateStore(dir).state.keys).toEqual({ 1: 'after' });
  });

  it('survives kill -9 amid a save, and leaves nothing behind', async () => {
    const dir = scratch();
    let last = 0;
    for (let round = 0; round < 12; round++) {
      const child = helperChild('state-writer.mjs', [dir]);
      expect(await child.line()).toBe('began');
      // Amid some save: at the moment that a temporary file is seen.
      if (round % 2 === 0) await until(() => readdirSync(dir).length > 1);
      child.process.kill('SIGKILL');
      await child.ended;
      const { keys } = new StateStore(dir).state;
      expect(keys['2']).toBe(keys['1']?.padEnd(200_000, 'x'));
      expect(readdirSync(dir)).toEqual(['state.json']);
      last = Math.max(last, Number(keys['1']));
    }
    expect(last).toBeGreaterThan(0);
  });

  const EMPTY = { lockbridgeState: 1, current: {}, stopped: {}, keys: {}, applying: {} };
  it.each<[string, string | Buffer]>([
    ['empty', ''],
    ['torn', JSON.stringify(EMPTY).slice(0, 40)],
    ['another JSON', '[]'],
    ['null', 'null'],
    ['of another version', JSON.stringify({ ...EMPTY, lockbridgeState: 2 })],
    ['with a field of another version', JSON.stringify({ ...EMPTY, more: 1 })],
    ['with a field missing', JSON.stringify({ ...EMPTY, keys: undefined })],
    ['with a hostile app id', JSON.stringify({ ...EMPTY, keys: { '../x': 'k' } })],
    ['with half an app', JSON.stringify({ ...EMPTY, current: { 1: { id: '1' } } })],
    ['binary', Buffer.alloc(4096, 0xff)],
    ['nested', '['.repeat(200_000)],
  ])('that is %s is refused and stays as it is', (_, content) => {
    const dir = scratch();
    const file = join(dir, 'state.json');
    writeFileSync(file, content);
    const error = refusal(() => new StateStore(dir));
    expect(error.code).toBe('ERR_TARGET');
    expect(error.message).toContain(`mv '${file}' '${file}.corrupt'`);
    expect(error.message).not.toContain('\n');
    expect(readFileSync(file)).toEqual(Buffer.from(content));
    expect(readdirSync(dir)).toEqual(['state.json']);
  });

  it.each(['link', 'directory'])('that is a %s is refused', (kind) => {
    const dir = scratch();
    writeFileSync(join(dir, 'elsewhere'), JSON.stringify(EMPTY));
    if (kind === 'link') symlinkSync('elsewhere', join(dir, 'state.json'));
    else mkdirSync(join(dir, 'state.json'));
    expect(refusal(() => new StateStore(dir)).code).toBe('ERR_TARGET');
  });

  it('in a directory that cannot be made is refused in one line', () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    expect(refusal(() => new StateStore(join(file, 'x'))).message).toBe(
      `cannot make the supervisor's state '${join(file, 'x/state.json')}': ENOTDIR`,
    );
  });
});

describe("the device's key", () => {
  it('is made once, for its owner alone', () => {
    const file = join(scratch(), 'api.key');
    const key = deviceKey(file);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(modeOf(file)).toBe(0o600);
    expect(deviceKey(file)).toBe(key);
  });

  it("may be the operator's own", () => {
    const file = join(scratch(), 'api.key');
    writeFileSync(file, 'correct-horse-battery\n', { mode: 0o400 });
    expect(deviceKey(file)).toBe('correct-horse-battery');
  });

  it.each([0o604, 0o640, 0o620, 0o666])('with mode %o is refused', (mode) => {
    const file = join(scratch(), 'api.key');
    writeFileSync(file, 'a'.repeat(64));
    chmodSync(file, mode);
    expect(refusal(() => deviceKey(file)).message).toContain('others may read it; chmod 600 it');
  });

  it.each([
    '',
    'short',
    'with a space in it, long',
    'x'.repeat(257),
    'x'.repeat(2000),
    'ö'.repeat(20),
  ])('%j is no key, and is not replaced', (content) => {
    const file = join(scratch(), 'api.key');
    writeFileSync(file, content, { mode: 0o600 });
    const error = refusal(() => deviceKey(file));
    expect(error.code).toBe('ERR_TARGET');
    expect(error.message).not.toContain(content || '\0');
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  it('is not read through a link, nor from a stranger', ({ skip }) => {
    const dir = scratch();
    writeFileSync(join(dir, 'other'), 'a'.repeat(64), { mode: 0o600 });
    symlinkSync('other', join(dir, 'link'));
    expect(refusal(() => deviceKey(join(dir, 'link'))).code).toBe('ERR_TARGET');
    if (process.getuid?.() !== 0) skip('not root');
    chownSync(join(dir, 'other'), 65_534, 65_534);
    expect(refusal(() => deviceKey(join(dir, 'other'))).message).toContain('belongs to user 65534');
  });

  it('in a directory that is not there is refused', () => {
    expect(refusal(() => deviceKey(join(scratch(), 'no/api.key'))).message).toContain('ENOENT');
  });
});

describe('the dump for host scripts', () => {
  const dumped = (config: Record<string, string>): unknown => {
    const file = dumpPath(scratch());
    dumpConfig(file, config);
    expect(modeOf(file)).toBe(0o644);
    return JSON.parse(readFileSync(file, 'utf8'));
  };

  it.each([
    [{ SUPERVISOR_OVERRIDE_LOCK: '1' }, 'true'],
    [{ BALENA_SUPERVISOR_OVERRIDE_LOCK: 'on' }, 'true'],
    [{ RESIN_OVERRIDE_LOCK: 'TRUE', OTHER: 'x' }, 'true'],
    [{ SUPERVISOR_OVERRIDE_LOCK: '0', RESIN_OVERRIDE_LOCK: '1' }, 'false'],
  ])('%j says it under both names', (config, word) => {
    expect(dumped(config)).toEqual({
      ...config,
      SUPERVISOR_OVERRIDE_LOCK: word,
      RESIN_OVERRIDE_LOCK: word,
    });
  });

  it('says nothing of what is not set', () => {
    expect(dumped({ OTHER: 'x' })).toEqual({ OTHER: 'x' });
  });

  it('is not written where somebody else could put a link', ({ skip }) => {
    const root = scratch();
    const file = dumpPath(root);
    const dir = join(root, 'tmp/balena-supervisor');
    mkdirSync(join(root, 'tmp'));
    symlinkSync(root, dir);
    expect(refusal(() => dumpConfig(file, {})).message).toContain('is not a directory');
    const open = scratch();
    mkdirSync(join(open, 'tmp/balena-supervisor'), { recursive: true });
    chmodSync(join(open, 'tmp/balena-supervisor'), 0o1777);
    expect(refusal(() => dumpConfig(dumpPath(open), {}))).toMatchObject({
      code: 'ERR_LOCK_CREATE',
    });
    if (process.getuid?.() !== 0) skip('not root');
    chmodSync(join(open, 'tmp/balena-supervisor'), 0o755);
    chownSync(join(open, 'tmp/balena-supervisor'), 65_534, 65_534);
    expect(refusal(() => dumpConfig(dumpPath(open), {})).message).toContain(
      'somebody else can write',
    );
    expect(existsSync(dumpPath(open))).toBe(false);
  });
});
