import { afterEach, expect, it, vi } from 'vitest';
import { makeRecord, parseRecord, printable, startTime } from '../../src/lock/record.js';
import { native } from '../../src/native.js';

const argv = [...process.argv];
afterEach(() => {
  process.argv.splice(0, process.argv.length, ...argv);
  delete process.env['LOCKBRIDGE_OWNER'];
});

// What does not change while a process lives is read once: a fresh module reads it anew.
async function freshRecord(reason: string): Promise<string> {
  vi.resetModules();
  const module = await import('../../src/lock/record.js');
  return module.makeRecord(reason);
}

it('a record says who took the lock, and is read back as it was written', () => {
  const record = parseRecord(makeRecord('backup "now" \\ then'));
  expect(record).toMatchObject({
    lockbridge: 1,
    pid: process.pid,
    uid: process.getuid?.(),
    reason: 'backup "now" \\ then',
  });
  if (typeof record !== 'object') throw new Error('no record');
  expect(record.since).toBe(new Date(record.since).toISOString());
  expect(record.boot).toMatch(/^[0-9a-f-]{36}$/);
  expect(record.start).toBeGreaterThan(0);
});

it('the owner that the operator sets is in the record', async () => {
  process.env['LOCKBRIDGE_OWNER'] = 'backup-service';
  expect(parseRecord(await freshRecord(''))).toMatchObject({ owner: 'backup-service' });
});

it.each([
  ['long ASCII', 'x'.repeat(10_000)],
  ['quotes', '"\\'.repeat(5_000)],
  ['umlauts', 'äöü'.repeat(1_000)],
  ['emoji', '💥'.repeat(1_000)],
  ['control characters', '\u0000\u001b\n'.repeat(1_000)],
  ['lone surrogates', '\ud800'.repeat(1_000)],
  ['line ends', '\r\n\u2028'.repeat(1_000)],
])(
  'a record with %s everywhere is two lines of ASCII of at most 512 bytes',
  async (_name, text) => {
    process.argv.splice(0, process.argv.length, text, text);
    process.env['LOCKBRIDGE_OWNER'] = text.replaceAll('\0', '\u0001');
    const record = await freshRecord(text);
    expect(Buffer.byteLength(record)).toBeLessThanOrEqual(512);
    expect(record).toMatch(/^1\n[\x20-\x7e]*\n$/);
    expect(parseRecord(record)).toMatchObject({ lockbridge: 1, pid: process.pid });
    const { makeRecord: make } = await import('../../src/lock/record.js');
    expect(Buffer.byteLength(make(text, 'supervisor'))).toBeLessThanOrEqual(512);
    expect(parseRecord(make(text, 'supervisor'))).toMatchObject({ role: 'supervisor' });
  },
);

it('the residue mark is told from a record', () => {
  expect(parseRecord(native.residueMark)).toBe('residue');
});

it.each([
  '',
  '1',
  '1\n',
  '1\n{',
  '1\n{}\n',
  '1\n{"lockbridge":1',
  '1\n{"lockbridge":1,\n',
  '1\n{"lockbridge":2,"pid":1}\n',
  '1\nnull\n',
  '1\n[1]\n',
  '2\n{"lockbridge":1,"pid":1}\n',
  '{"lockbridge":1,"pid":1}\n',
  '\x02c',
  '12345\n',
  '\0'.repeat(512),
])('%j is no record', (content) => {
  expect(parseRecord(content)).toBeUndefined();
});

it('every cut of a record but the last byte or two is no record', () => {
  const record = makeRecord('cut');
  for (let length = 0; length < record.length - 1; length++)
    expect(parseRecord(record.slice(0, length))).toBeUndefined();
});

it('fields of the wrong type are what unknown looks like', () => {
  const record = parseRecord(
    '1\n{"lockbridge":1,"pid":"1","start":-0.5,"pidns":null,"host":{},"uid":1e400,"reason":[]}\n',
  );
  expect(record).toEqual({
    lockbridge: 1,
    pid: 0,
    start: 0,
    pidns: 0,
    boot: '',
    host: '',
    uid: 0,
    cmd: '',
    reason: '',
    since: '',
  });
});

it("a stranger's record cannot send escapes to a terminal", () => {
  const record = parseRecord(
    `1\n{"lockbridge":1,"pid":1,"cmd":"\\u001b[2J","reason":"\\u009b1m\\r\\n","owner":"\\u0007"}\n`,
  );
  expect(record).toMatchObject({ cmd: '?[2J', reason: '?1m??', owner: '?' });
});

it.each([
  ['C0 controls', '\u0000\u001b\u001f\n\r\t'],
  ['DEL and C1 controls', '\u007f\u0080\u009b\u009f'],
  ['line separators', '\u2028\u2029'],
  ['bidirectional overrides', '\u202a\u202b\u202c\u202d\u202e'],
  ['bidirectional isolates', '\u2066\u2067\u2068\u2069'],
])('printable text has no %s', (_name, text) => {
  expect(printable(`a${text}b`)).toBe(`a${'?'.repeat(text.length)}b`);
});

it('printable text is short', () => {
  expect(printable('x'.repeat(100_000)).length).toBeLessThanOrEqual(256);
});

it('the start time is field 22, whatever the command is called', () => {
  const rest = Array.from({ length: 30 }, (_, i) => String(i + 3)).join(' ');
  expect(startTime(`7 (a) b) (c) ${rest}`)).toBe(22);
  expect(startTime('')).toBe(0);
});
