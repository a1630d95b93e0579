// The protocol as data, from test/vectors, on the TypeScript side; the states are given to
// lockbridge-run too. The Python side runs the same.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOCK_ERROR_CODES, LockError, type LockErrorCode } from '../../src/errors.js';
import { inspectSync, type Holder, type Inspection } from '../../src/index.js';
import { seesEveryProcess } from '../../src/inspect/liveness.js';
import { parseRecord } from '../../src/lock/record.js';
import { recognise } from '../../src/peers/footprints.js';
import type { Traces } from '../../src/peers/types.js';
import { NATIVE } from '../helpers/cli.js';
import { BASES, scratch } from '../helpers/scratch.js';
import { makeState, type Step } from '../helpers/states.js';

const load = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T[];

// As JSON has it: without what is undefined, and with one zero.
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

interface RecordVector {
  name: string;
  content: string;
  expected: object | 'residue' | null;
}

describe('records', () => {
  it.each(load<RecordVector>('records'))('$name', ({ content, expected }) => {
    expect(plain(parseRecord(content))).toStrictEqual(expected);
  });
});

interface FootprintVector {
  name: string;
  traces: Partial<Omit<Traces, 'mode' | 'otherLinks' | 'entries'>> & {
    mode?: string;
    otherLinks?: string[];
    entries?: string[];
  };
  expected: object | null;
}

const TIME = 1795533000000.25;
const USUAL = {
  path: '/locks/l',
  type: 'file',
  content: '',
  uid: 0,
  nlink: 1,
  target: '',
} as const;

describe('footprints', () => {
  it.each(load<FootprintVector>('footprints'))('$name', ({ traces, expected }) => {
    const { mode = '0644', otherLinks = [], entries = [], ...given } = traces;
    const seen = recognise({
      ...USUAL,
      ...{ birth: TIME, mtime: TIME, ctime: TIME, size: given.content?.length ?? 0 },
      ...given,
      mode: Number.parseInt(mode, 8),
      otherLinks: () => otherLinks,
      entries: () => entries,
    });
    expect(plain(seen)).toStrictEqual(expected);
  });
});

interface StateVector {
  name: string;
  needs?: string[];
  path?: string;
  steps: Step[];
  empty?: 'free' | 'held';
  expected: { error: LockErrorCode } | Expected;
}

interface Expected {
  verdict: string;
  by?: string;
  protocol?: string;
  certainty?: string;
  object?: string;
  evidence: string[];
  holders: (Partial<Holder> & { process?: string })[];
  orphans: (Partial<Holder> & { process?: string })[];
  record?: object;
  since?: string | null;
}

const MET: Readonly<Record<string, boolean>> = {
  root: process.getuid?.() === 0,
  'every-process': seesEveryProcess(),
};

/** The process and the lock of a holder, without what people are told about it. */
function essence({ pid, role, source, mode, range, alive }: Holder): object {
  return { pid, role, source, mode, range, alive };
}

/** Inspects a path: the answer, or the exit code of the error. */
type Judge = (path: string, empty: 'free' | 'held') => Inspection | number;

function byLibrary(path: string, empty: 'free' | 'held'): Inspection | number {
  try {
    return inspectSync(path, { empty });
  } catch (error) {
    if (LockError.is(error)) return error.exitCode;
    throw error;
  }
}

function byProgram(path: string, empty: 'free' | 'held'): Inspection | number {
  const { code, out } = NATIVE.run('status', '--json', `--empty=${empty}`, path);
  return code === 0 || code === 1 ? (JSON.parse(out) as [Inspection])[0] : (code ?? -1);
}

// Another's locks come and go meanwhile: /proc/locks is no snapshot, and a line may be missing in it.
// Then the descriptors alone tell of a lock, so the look is taken again.
function look(judge: Judge, path: string, { empty, expected }: StateVector): unknown {
  for (let more = 20; ; more--) {
    const seen = judge(path, empty ?? 'held');
    if (typeof seen === 'number') return seen;
    const kinds = seen.evidence.map(({ kind }) => kind);
    const missed =
      'evidence' in expected && expected.evidence.some((kind) => !kinds.includes(kind));
    if (missed && more > 0) continue;
    const { verdict, by, protocol, certainty, object, record } = seen;
    const [holders, orphans] = [seen.holders.map(essence), seen.orphans.map(essence)];
    const whole = { verdict, by, protocol, certainty, object, evidence: kinds, holders, orphans };
    const since = seen.since?.from === 'record' ? seen.since.at : null;
    return {
      ...whole,
      ...(record && 'record' in expected && { record }),
      ...('since' in expected && { since }),
    };
  }
}

const JUDGES: readonly [string, Judge][] = [
  ['the library', byLibrary],
  [NATIVE.name, byProgram],
];

describe.each(BASES.flatMap((base) => JUDGES.map(([name, judge]) => ({ base, name, judge }))))(
  'states in $base, by $name',
  ({ base, judge }) => {
    for (const vector of load<StateVector>('states')) {
      const met = (vector.needs ?? []).every((need) => MET[need]);
      it.runIf(met)(vector.name, async () => {
        const dir = scratch(base);
        const processes = await makeState(dir, vector.steps);
        const path = join(dir, vector.path ?? 'l');
        const { expected } = vector;
        if ('error' in expected) {
          expect(judge(path, 'held')).toBe(LOCK_ERROR_CODES[expected.error].exit);
          return;
        }
        const who = ({ process: name, ...holder }: Expected['holders'][number]): object => ({
          pid: name === 'self' ? process.pid : processes.get(name ?? ''),
          ...holder,
        });
        const [holders, orphans] = [expected.holders.map(who), expected.orphans.map(who)];
        expect(plain(look(judge, path, vector))).toStrictEqual(
          plain({ ...expected, holders, orphans }),
        );
      });
    }
  },
);
