// lockbridge-run in other builds: its parsers are given the vectors of the protocol under sanitizers,
// every state of the vectors is looked at so, and a build without shared libraries does the same.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeRecord } from '../../src/lock/record.js';
import { flockHolder } from '../helpers/child.js';
import { NATIVE, RUN } from '../helpers/cli.js';
import { scratch } from '../helpers/scratch.js';
import { makeState, type Step } from '../helpers/states.js';
import { buildSanitized, linkStatic, programsDir } from './run/build.js';

const bin = programsDir();

const load = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T[];

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

function ran(file: string, args: readonly string[], input = ''): Ran {
  const done = spawnSync(file, args, {
    encoding: 'utf8',
    timeout: 60_000,
    input,
    maxBuffer: 1 << 26,
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

interface Traces {
  path?: string;
  type?: string;
  content?: string;
  size?: number;
  mode?: string;
  uid?: number;
  nlink?: number;
  birth?: number;
  mtime?: number;
  target?: string;
  otherLinks?: string[];
  entries?: string[];
}

const hex = (text: string, encoding: 'latin1' | 'utf8' = 'utf8'): string =>
  Buffer.from(text, encoding).toString('hex');

const TIME = 1795533000000.25;

function line(traces: Traces): string {
  const { path = '/locks/l', type = 'file', content = '', mode = '0644', target = '' } = traces;
  const { size = content.length, uid = 0, nlink = 1, birth = TIME, mtime = TIME } = traces;
  const { otherLinks = [], entries = [] } = traces;
  const names = (list: readonly string[]): string => list.map((name) => hex(name)).join(',');
  const numbers = [size, mode, uid, nlink, birth, mtime].map(String);
  const fields = [hex(path), type, hex(content, 'latin1'), ...numbers, hex(target)];
  return ['footprint', ...fields, names(otherLinks), names(entries)].join(' ');
}

/** Lists so many that several threads find them, look at them and judge them. */
async function listsMany(run: string): Promise<void> {
  const tree = scratch();
  const path = (i: number): string => join(tree, String(i % 1000), `${String(i)}.lock`);
  for (let i = 0; i < 1000; i++) mkdirSync(join(tree, String(i)));
  for (let i = 0; i < 2000; i++)
    writeFileSync(path(i), ['', makeRecord('left'), '4194304\n', 'text'][i % 4] ?? '');
  const holders = [await flockHolder(path(0)), await flockHolder(path(1))];
  const orphan = await flockHolder(path(2));
  renameSync(path(3), path(2)); // whose flock is on a lost file now
  for (const words of [
    ['ls', tree],
    ['ls', '--json', tree],
  ]) {
    const { code, out, err } = ran('setarch', ['-R', run, ...words]);
    expect(err).toBe('');
    expect(code).toBe(0);
    const text = words.length === 2;
    for (const { process } of holders) expect(out).toContain(String(process.pid));
    expect(out).toContain(text ? 'ORPHANED' : String(orphan.process.pid));
    expect(out.split(text ? '\n' : '"path":')).toHaveLength(text ? 2001 : 2000);
  }
}

describe('with -fsanitize=address,undefined', () => {
  let program = '';
  let vectors = '';
  beforeAll(() => {
    ({ run: program, vectors } = buildSanitized(bin, 'address,undefined'));
  }, 300_000);

  function answers(lines: readonly string[]): unknown[] {
    const { code, out, err } = ran(vectors, [], `${lines.join('\n')}\n`);
    expect(err).toBe('');
    expect(code).toBe(0);
    return out
      .split('\0')
      .slice(0, -1)
      .map((text) => JSON.parse(text) as unknown);
  }

  it('every record of the vectors is read as it is meant', () => {
    const records = load<{ name: string; content: string; expected: unknown }>('records');
    const seen = answers(records.map(({ content }) => `record ${hex(content, 'latin1')}`));
    expect(records.map(({ name }, at) => [name, seen[at]])).toEqual(
      records.map(({ name, expected }) => [name, expected]),
    );
  });

  it('every footprint of the vectors is told as it is meant', () => {
    // No bytes of a name decode to a lone surrogate.
    const footprints = load<{ name: string; traces: Traces; expected: unknown }>(
      'footprints',
    ).filter(({ name }) => !name.includes('lone surrogate'));
    const seen = answers(footprints.map(({ traces }) => line(traces)));
    expect(footprints.map(({ name }, at) => [name, seen[at]])).toEqual(
      footprints.map(({ name, expected }) => [name, expected]),
    );
  });

  it('every state of the vectors is looked at without a fault', async () => {
    const states = load<{ steps: Step[]; path?: string; needs?: string[] }>('states');
    for (const { steps, path = 'l', needs = [] } of states) {
      if (needs.includes('root') && process.getuid?.() !== 0) continue;
      const dir = scratch();
      await makeState(dir, steps);
      const { code, err } = ran(program, ['status', join(dir, path)]);
      expect(err).not.toMatch(/Sanitizer|runtime error/);
      expect(code).toBe(NATIVE.run('status', join(dir, path)).code);
    }
  }, 120_000);

  it('taking, waiting, breaking and letting go have none', () => {
    const dir = scratch();
    const path = join(dir, 'updates.lock');
    const one = (...args: string[]): string => {
      const { code, err } = ran(program, args);
      return `${String(code)} ${err.replaceAll(/(?<=: ).*\n/g, '')}`;
    };
    const refused = '1 lockbridge: lockbridge: lockbridge: ';
    expect(one(path, '--', 'sleep', '0.3')).toBe('0 ');
    writeFileSync(path, '');
    expect(one('-w', '0.1', path, join(dir, 'other'), '--', 'true')).toBe(refused);
    expect(one('wait', '-w', '0.1', path)).toBe(refused);
    expect(one('break', '--empty=free', path)).toBe('0 ');
    const script = '"$0" lock "$1" --watch-pid $$ && "$0" unlock "$1"';
    expect(ran('sh', ['-c', script, program, path])).toEqual({ code: 0, out: '', err: '' });
    expect(readdirSync(dir)).toEqual([]);
  });

  it('the threads of ls have none', async () => {
    await listsMany(program);
  });
});

describe('with -fsanitize=thread', () => {
  it('the threads of ls have no fault', async () => {
    const dir = join(bin, 'thread');
    mkdirSync(dir);
    await listsMany(buildSanitized(dir, 'thread').run);
  }, 300_000);
});

describe('the build', () => {
  it('is smaller than 200 KB and needs no shared library but that of C', () => {
    expect(statSync(RUN).size).toBeLessThan(200_000);
    const { out } = ran('readelf', ['-d', RUN]);
    expect([...out.matchAll(/NEEDED.*\[(.*)\]/g)].map(([, name]) => name)).toEqual(['libc.so.6']);
  });

  it('runs without any shared library too', () => {
    const program = linkStatic(join(bin, 'static'));
    expect(ran('readelf', ['-d', program]).out).toMatch(/no dynamic section/);
    const path = join(scratch(), 'updates.lock');
    expect(ran(program, [path, '--', program, '-n', path, '--', 'true']).code).toBe(1);
    expect(ran(program, ['status', path]).out).toBe(`'${path}' is free\n`);
    writeFileSync(path, '');
    expect(ran(program, ['-w', '0.1', path, '--', 'true']).code).toBe(1);
  }, 180_000);
});
