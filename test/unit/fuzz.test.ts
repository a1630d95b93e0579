// What strangers may have written, made up at random: nothing throws, nothing gets through that is not
// of its type, and both implementations read the same. A failure prints the seed that repeats it.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeRecord, parseRecord } from '../../src/lock/record.js';
import { recognise } from '../../src/peers/footprints.js';
import type { Traces } from '../../src/peers/types.js';
import { printable } from '../../src/printable.js';

const PARSER = fileURLToPath(new URL('../helpers/parse.py', import.meta.url));
const SOURCE = fileURLToPath(new URL('../../python-compat/src', import.meta.url));

const vectors = <T>(name: string): readonly T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T[];

const latin1 = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ maxLength })
    .map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));

/** Something known, with a few bytes of it replaced, removed or doubled. */
function near(known: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.record({ at: fc.nat(520), length: fc.nat(4), by: latin1(3), keep: fc.boolean() });
  return fc.tuple(known, fc.array(edit, { maxLength: 3 })).map(([text, edits]) =>
    edits
      .reduce((now, { at, length, by, keep }) => {
        const place = now.length === 0 ? 0 : at % (now.length + 1);
        const rest = now.slice(keep ? place : place + length);
        return now.slice(0, place) + by + rest;
      }, text)
      .slice(0, 512),
  );
}

const claims = fc
  .dictionary(
    fc.constantFrom(
      'pid',
      'start',
      'pidns',
      'boot',
      'host',
      'uid',
      'cmd',
      'since',
      'owner',
      'role',
    ),
    fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom('supervisor', 1e21, -0, 2 ** 53)),
  )
  .map((fields) => `1\n${JSON.stringify({ lockbridge: 1, ...fields })}\n`.slice(0, 512));

const contents = fc.oneof(
  latin1(512),
  near(claims),
  near(fc.constantFrom(...vectors<{ content: string }>('records').map(({ content }) => content))),
);

type Given = Omit<Traces, 'otherLinks' | 'entries'> & { otherLinks: string[]; entries: string[] };

interface FootprintVector {
  traces: Partial<Omit<Given, 'mode'>> & { mode?: string };
}

// The parts of all known footprints, put together anew.
const parts = vectors<FootprintVector>('footprints').map(({ traces }) => traces);
const part = <T>(pick: (traces: FootprintVector['traces']) => T | undefined): fc.Arbitrary<T> =>
  fc.constantFrom(...parts.flatMap((traces) => pick(traces) ?? []));
const times = fc.constantFrom(0, 1795533000000.25, -1, 8.64e15, 1e18);

const given: fc.Arbitrary<Given> = fc
  .record({
    path: near(part(({ path }) => path)).map((path) => path || '/l'),
    type: fc.constantFrom('file', 'directory', 'symlink'),
    content: near(part(({ content }) => content)),
    mode: part(({ mode }) => mode).map((mode) => Number.parseInt(mode, 8)),
    uid: fc.nat(70_000),
    nlink: fc.integer({ min: 1, max: 3 }),
    birth: times,
    mtime: times,
    ctime: times,
    target: near(part(({ target }) => target)),
    otherLinks: fc.array(near(part(({ otherLinks }) => otherLinks?.[0])), { maxLength: 2 }),
    entries: fc.array(near(part(({ entries }) => entries?.[0])), { maxLength: 2 }),
  })
  .map((traces) => ({ ...traces, size: traces.type === 'file' ? traces.content.length : 0 }));

const seen = ({ otherLinks, entries, ...traces }: Given): Traces => ({
  ...traces,
  otherLinks: () => otherLinks,
  entries: () => entries,
});

describe('records', () => {
  it('of any content only the right types come through', () => {
    fc.assert(
      fc.property(contents, (content) => {
        const found = parseRecord(content);
        if (typeof found !== 'object') return;
        for (const key of ['pid', 'start', 'pidns', 'uid'] as const)
          expect(Number.isSafeInteger(found[key])).toBe(true);
        for (const key of ['boot', 'host', 'cmd', 'reason', 'since'] as const)
          expect(printable(found[key])).toBe(found[key]);
      }),
      { numRuns: 5000 },
    );
  });

  it('of any reason the record is two lines of ASCII, fits, and says what fitted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (reason) => {
        const text = makeRecord(reason);
        expect(text).toMatch(/^1\n[\x20-\x7e]+\n$/);
        expect(text.length).toBeLessThanOrEqual(512);
        const found = parseRecord(text);
        if (typeof found !== 'object') throw new Error(`not a record: ${text}`);
        expect(printable(reason).startsWith(found.reason.replace(/\?$/, ''))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

/** What both sides say to the same questions; the Python side in one process. */
function both(questions: readonly ({ record: string } | { traces: Given })[]): {
  ours: unknown[];
  theirs: unknown[];
} {
  const { stdout, stderr, status } = spawnSync('python3', [PARSER], {
    input: questions.map((one) => `${JSON.stringify(one)}\n`).join(''),
    env: { ...process.env, PYTHONPATH: SOURCE, PYTHONDONTWRITEBYTECODE: '1' },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`the Python side failed: ${stderr}`);
  const ours = questions.map((one) =>
    'record' in one ? parseRecord(one.record) : recognise(seen(one.traces)),
  );
  return {
    ours: ours.map((one) => JSON.parse(JSON.stringify(one ?? null)) as unknown),
    theirs: stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  };
}

describe('both implementations read the same', () => {
  it.each([
    ['records', contents.map((record) => ({ record }))],
    ['footprints', given.map((traces) => ({ traces }))],
  ] as const)('%s', (_, arbitrary: fc.Arbitrary<{ record: string } | { traces: Given }>) => {
    const seed = Date.now();
    const questions = fc.sample(arbitrary, { numRuns: 5000, seed });
    const { ours, theirs } = both(questions);
    expect(ours.filter((one) => one !== null).length).toBeGreaterThan(200);
    for (const [at, one] of ours.entries())
      expect(theirs[at], `seed ${String(seed)}: ${JSON.stringify(questions[at])}`).toEqual(one);
  });
});
