// The journal: what was written is there, and what is read is bounded and clean.

import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Journal, type JournalOptions } from '../../../src/supervisor/journal/journal.js';
import { readJournal } from '../../../src/supervisor/journal/read.js';
import type { JournalEntry } from '../../../src/supervisor/types.js';
import { helperChild } from '../../helpers/child.js';
import { tmpfs } from '../../helpers/mounts.js';
import { scratch } from '../../helpers/scratch.js';

const NAME = 'journal.jsonl';
const ALL = { most: 1_000_000 };
const textsOf = (entries: readonly JournalEntry[]): string[] => entries.map(({ text }) => text);

function journal(options: JournalOptions = {}, dir = join(scratch(), 'j')): Journal {
  const made = new Journal(dir, options);
  onTestFinished(() => {
    made.close();
  });
  return made;
}

function filled(count: number, options: JournalOptions = {}): Journal {
  const made = journal(options);
  for (let n = 0; n < count; n++) made.write({ kind: 'notice', text: String(n) });
  return made;
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, n) => String(from + n));

describe('writing', () => {
  it('keeps what it returned, for the owner alone', async () => {
    const made = journal();
    const entry = made.write({ kind: 'take', text: 'took', app: '1', holder: 'h', seconds: 1.5 });
    expect(new Date(entry.at).toISOString()).toBe(entry.at);
    expect(await readJournal(made.dir, ALL)).toEqual([entry]);
    expect(statSync(made.dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(made.dir, NAME)).mode & 0o777).toBe(0o600);
  });

  it('tells each listener until it has had enough', () => {
    const made = journal();
    const heard: string[] = [];
    const listener = (entry: JournalEntry): void => void heard.push(entry.text);
    const [first, second] = [made.on(listener), made.on(listener)];
    made.write({ kind: 'notice', text: 'a' });
    first();
    first();
    made.write({ kind: 'notice', text: 'b' });
    second();
    made.write({ kind: 'notice', text: 'c' });
    expect(heard).toEqual(['a', 'a', 'b']);
  });

  it('bounds every field and makes it safe for a terminal', async () => {
    const made = journal();
    const long = '\u001b[2J\n"\\\ud800'.repeat(10_000);
    made.write({ kind: 'wait', text: long, path: long, holder: long, reason: long, who: long });
    const [entry] = await readJournal(made.dir, ALL);
    expect(entry?.text).toHaveLength(1000);
    expect(entry?.holder).toHaveLength(256);
    expect(entry?.path).toHaveLength(1024);
    expect(JSON.stringify(entry)).not.toMatch(/\\u001b|\\n/);
    expect(readFileSync(join(made.dir, NAME), 'utf8').split('\n')).toHaveLength(2);
  });

  it('rotates by size and forgets the oldest', async () => {
    const made = filled(1000, { maxBytes: 4096, keep: 2 });
    const files = readdirSync(made.dir).sort();
    expect(files).toEqual([NAME, `${NAME}.1`, `${NAME}.2`]);
    for (const file of files) expect(statSync(join(made.dir, file)).size).toBeLessThanOrEqual(4096);
    const texts = textsOf(await readJournal(made.dir, ALL));
    expect(texts).toEqual(numbers(1000 - texts.length, 1000));
    expect(texts.length).toBeGreaterThan(100);
  });

  it('an entry that is larger than a file has one of its own', async () => {
    const made = filled(3, { maxBytes: 10, keep: 5 });
    expect(readdirSync(made.dir).sort()).toEqual([NAME, `${NAME}.1`, `${NAME}.2`]);
    expect(textsOf(await readJournal(made.dir, ALL))).toEqual(['0', '1', '2']);
  });

  it('goes on after a line that a power cut tore', async () => {
    const made = filled(2);
    made.close();
    appendFileSync(join(made.dir, NAME), '{"at":"2026-01-01T00:00:00Z","kind":"noti');
    made.write({ kind: 'notice', text: '2' });
    expect(textsOf(await readJournal(made.dir, ALL))).toEqual(['0', '1', '2']);
  });

  it('does not follow a link', () => {
    const said: string[] = [];
    const made = journal({ onWarning: (text) => said.push(text) });
    mkdirSync(made.dir);
    symlinkSync('../target', join(made.dir, NAME));
    made.write({ kind: 'notice', text: 'x' });
    expect(said).toEqual([expect.stringContaining('ELOOP') as string]);
    expect(existsSync(join(made.dir, '../target'))).toBe(false);
  });

  it('loses nothing that was said when it is killed', async () => {
    const dir = scratch();
    for (let round = 0; round < 4; round++) {
      const child = helperChild('journal-writer.mjs', [dir, '8192']);
      while (Number(await child.line()) < 300);
      child.process.kill('SIGKILL');
      await child.ended;
      const texts = textsOf(await readJournal(dir, ALL)).map(Number);
      const start = texts.lastIndexOf(0);
      expect(texts.slice(start)).toEqual(numbers(0, texts.length - start).map(Number));
      expect(texts.length - start).toBeGreaterThan(300);
      rmSync(dir, { recursive: true });
    }
  });
});

describe('a disk that refuses', () => {
  it('that is full costs entries, is told once, and once more when it is over', async ({
    skip,
  }) => {
    const dir = tmpfs('size=64k') ?? skip('no mounts here');
    const said: string[] = [];
    const made = journal({ onWarning: (text) => said.push(text) }, join(dir, 'j'));
    made.write({ kind: 'notice', text: 'before' });
    const ballast = join(dir, 'ballast');
    expect(() => {
      writeFileSync(ballast, Buffer.alloc(128 * 1024));
    }).toThrow('ENOSPC');
    for (let n = 0; n < 200; n++)
      expect(made.write({ kind: 'notice', text: 'x'.repeat(500) }).kind).toBe('notice');
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^cannot write the journal '.+': .+; entries are lost until it can$/);
    rmSync(ballast);
    made.write({ kind: 'notice', text: 'after' });
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/is written again; \d+ entries are lost$/);
    const texts = textsOf(await readJournal(made.dir, ALL));
    expect(texts[0]).toBe('before');
    expect(texts.at(-1)).toBe('after');
    made.close();
  });

  it('that is not there, and then is', async () => {
    const dir = scratch();
    writeFileSync(join(dir, 'j'), 'a file');
    const said: string[] = [];
    const made = journal({ onWarning: (text) => said.push(text) }, join(dir, 'j'));
    const heard: string[] = [];
    made.on(({ text }) => void heard.push(text));
    for (const text of ['a', 'b']) made.write({ kind: 'notice', text });
    expect(said).toHaveLength(1);
    rmSync(join(dir, 'j'));
    made.write({ kind: 'notice', text: 'c' });
    expect(said).toHaveLength(2);
    expect(heard).toEqual(['a', 'b', 'c']);
    expect(textsOf(await readJournal(made.dir, ALL))).toEqual(['c']);
  });
});

describe('reading', () => {
  it('where there is no journal finds nothing', async () => {
    expect(await readJournal(join(scratch(), 'none'), ALL)).toEqual([]);
  });

  it.each([0, 1, 7, 150, 100_000])('gives the latest %d, over all files', async (most) => {
    const made = filled(400, { maxBytes: 4096, keep: 50 });
    expect(textsOf(await readJournal(made.dir, { most }))).toEqual(
      numbers(Math.max(0, 400 - most), 400),
    );
  });

  it('chooses by app, kind and time', async () => {
    const made = journal();
    made.write({ kind: 'take', text: 'a', app: '1' });
    made.write({ kind: 'take', text: 'b', app: '2' });
    made.write({ kind: 'wait', text: 'c', app: '1' });
    appendFileSync(
      join(made.dir, NAME),
      '{"at":"2001-01-01T00:00:00.000Z","kind":"take","text":"old, though written last"}\n',
    );
    const read = async (query: object): Promise<string[]> =>
      textsOf(await readJournal(made.dir, { most: 10, ...query }));
    expect(await read({ app: '1' })).toEqual(['a', 'c']);
    expect(await read({ kind: 'take', most: 2 })).toEqual(['b', 'old, though written last']);
    expect(await read({ since: new Date('2020-01-01T00:00:00Z') })).toEqual(['a', 'b', 'c']);
    expect(await read({ app: '3' })).toEqual([]);
  });

  it('passes over whatever is no entry', async () => {
    const made = filled(1);
    const good = '{"at":"2026-01-01T00:00:00Z","kind":"notice","text":"good"}';
    const strange = [
      '',
      'null',
      '[]',
      '{}',
      '7',
      '{"at":7,"kind":"notice","text":"x"}',
      '{"at":"yesterday","kind":"notice","text":"x"}',
      '{"at":"2026-01-01T00:00:00Z","kind":"constructor","text":"x"}',
      `{"at":"2026-01-01T00:00:00Z","kind":"notice","text":"${'x'.repeat(200_000)}"}`,
      '\0\0\0\0',
      '['.repeat(20_000),
      '{"at":"2026-01-01T00:00:00Z","kind":"noti',
    ];
    for (const line of strange) appendFileSync(join(made.dir, NAME), `${line}\n${good}\n`);
    const texts = textsOf(await readJournal(made.dir, ALL));
    expect(texts).toEqual(['0', ...strange.map(() => 'good')]);
  });

  it('takes only known fields, and cleans them', async () => {
    const made = filled(0);
    mkdirSync(made.dir);
    const line = {
      at: '2026-01-01T00:00:00Z',
      kind: 'lock',
      text: 'a\u001b',
      holder: 7,
      seconds: '1',
      x: 1,
    };
    writeFileSync(join(made.dir, NAME), JSON.stringify(line));
    expect(await readJournal(made.dir, ALL)).toEqual([{ at: line.at, kind: 'lock', text: 'a?' }]);
  });

  it('reads no more of a large file than it needs, and lines across its pieces', async () => {
    const made = filled(5000, { maxBytes: 2 ** 24 });
    expect(textsOf(await readJournal(made.dir, ALL))).toEqual(numbers(0, 5000));
    writeFileSync(join(made.dir, `${NAME}.1`), Buffer.alloc(2 ** 22, 0x78));
    expect(textsOf(await readJournal(made.dir, ALL))).toEqual(numbers(0, 5000));
  });

  it('while files are rotated shows no entry twice and leaves none out', async () => {
    const dir = scratch();
    const child = helperChild('journal-writer.mjs', [dir, '32768']);
    await child.line();
    for (let round = 0; round < 20; round++) {
      const texts = textsOf(await readJournal(dir, { most: 200 })).map(Number);
      expect(texts).toEqual(numbers(texts[0] ?? 0, (texts[0] ?? 0) + texts.length).map(Number));
    }
    child.process.kill('SIGKILL');
    await child.ended;
  });

  it('a file that is seen under two names, as amid a rotation, counts once', async () => {
    const made = filled(3);
    linkSync(join(made.dir, NAME), join(made.dir, `${NAME}.1`));
    expect(textsOf(await readJournal(made.dir, ALL))).toEqual(['0', '1', '2']);
  });

  it('a link in place of a file is passed over', async () => {
    const made = filled(3);
    symlinkSync('/etc/passwd', join(made.dir, `${NAME}.1`));
    expect(textsOf(await readJournal(made.dir, ALL))).toEqual(['0', '1', '2']);
  });
});
