// `lockbridge watch` as a user and a script meet it.

import { existsSync, mkdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { LockEvent } from '../../src/index.js';
import type { TraceRecord } from '../../src/observe/trace.js';
import { Child, flockHolder, flockWaiter, python } from '../helpers/child.js';
import { hasWaiter, scratch, until } from '../helpers/scratch.js';

const BIN = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));
const watch = (...args: string[]): Child => new Child(process.execPath, [BIN, 'watch', ...args]);

async function lineWith(child: Child, part: string): Promise<string> {
  for (;;) {
    const line = await child.line();
    if (line.includes(part)) return line;
    if (line.startsWith('(ended)'))
      throw new Error(`no line with '${part}' before the end: ${line}`);
  }
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends it, with exit code 0',
  async (signal) => {
    const child = watch(scratch());
    await lineWith(child, 'watching');
    child.process.kill(signal);
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr).toEqual([]);
  },
);

it('prints one line for an event', async () => {
  const dir = scratch();
  const child = watch(dir);
  await lineWith(child, 'watching');
  const locker = await flockHolder(join(dir, 'a.lock'));
  const line = await lineWith(child, 'exclusive flock');
  expect(line).toContain(' took ');
  expect(line).toContain(`${join(dir, 'a.lock')}: pid ${String(locker.process.pid)} (`);
});

it('--json prints one object for an event, and --for ends it', async () => {
  const dir = scratch();
  mkdirSync(join(dir, 'm.lock'));
  const child = watch('--json', '--for', '0', dir);
  const events = [await child.line(), await child.line()].map(
    (line) => JSON.parse(line) as LockEvent,
  );
  expect(events).toMatchObject([
    { kind: 'found', path: join(dir, 'm.lock'), verdict: 'held', by: 'existence' },
    { kind: 'watching', path: dir },
  ]);
  expect((await child.ended).code).toBe(0);
});

it('a reader that goes away ends it quietly', async () => {
  const dir = scratch();
  const child = watch('--json', dir);
  await lineWith(child, 'watching');
  child.process.stdout?.destroy();
  mkdirSync(join(dir, 'a.lock'));
  expect((await child.ended).code).toBe(0);
  expect(child.stderr).toEqual([]);
});

it('control characters in a name do not reach the terminal', async () => {
  const dir = scratch();
  mkdirSync(join(dir, '\u001b[31mred.lock'));
  const line = await lineWith(watch(dir), 'found');
  expect(line).toContain('?[31mred.lock');
});

it.each([
  ['a path whose directory is not there', ['/nonexistent/a.lock'], 66, '/nonexistent'],
  ['a trace that cannot be written', ['--trace', '/nonexistent/t.json', '/tmp'], 73, 't.json'],
  ['seconds that are none', ['--for', 'soon', '/tmp'], 64, '--for'],
])('%s is one line and its exit code', async (_what, args, code, said) => {
  const child = watch(...args);
  expect((await child.ended).code).toBe(code);
  const [line = '', ...more] = child.stderr.join('').trimEnd().split('\n');
  expect(line).toContain(said);
  expect(more).toEqual(code === 64 ? ['Try `lockbridge --help`.'] : []);
});

async function contention(dir: string, child: Child): Promise<string[]> {
  const path = join(dir, 'a.lock');
  const first = await flockHolder(path);
  await lineWith(child, '"took"');
  const second = flockWaiter(path);
  await until(() => hasWaiter(path));
  await lineWith(child, '"waits"');
  await first.finish();
  await lineWith(child, '"took"');
  return [first, second].map(({ process }) => String(process.pid));
}

function tracks(records: readonly TraceRecord[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { ph, pid, name } of records)
    if (ph === 'B' || ph === 'E') (found[String(pid)] ??= []).push(`${ph} ${name}`);
  return found;
}

it('a trace has one track for each process, and is whole when the watch is ended', async () => {
  const dir = scratch();
  const file = join(scratch(), 'trace.json');
  const child = watch('--json', '--trace', file, dir);
  await lineWith(child, 'watching');
  const [first = '', second = ''] = await contention(dir, child);
  child.process.kill('SIGINT');
  await child.ended;
  const records = JSON.parse(readFileSync(file, 'utf8')) as TraceRecord[];
  expect(tracks(records)).toEqual({
    [first]: ['B holds', 'E holds'],
    [second]: ['B waits', 'E waits', 'B holds', 'E holds'],
  });
  const names = records.filter(({ name }) => name === 'process_name').map(({ pid }) => String(pid));
  expect(names.sort()).toEqual([first, second].sort());
});

it('a trace of a watch that was killed lacks only its end', async () => {
  const dir = scratch();
  const file = join(scratch(), 'trace.json');
  const child = watch('--json', '--trace', file, dir);
  await lineWith(child, 'watching');
  const [first = '', second = ''] = await contention(dir, child);
  child.process.kill('SIGKILL');
  await child.ended;
  const records = JSON.parse(`${readFileSync(file, 'utf8')}]`) as TraceRecord[];
  expect(Object.keys(tracks(records)).sort()).toEqual([first, second].sort());
});

it('--no-clear leaves residue for as long as it runs', async () => {
  const dir = scratch();
  const child = watch('--json', '--no-clear', '--for', '3', dir);
  await lineWith(child, 'watching');
  const path = join(dir, 'a.lock');
  for (;;) {
    const locker = await flockHolder(path);
    await lineWith(child, '"took"');
    await locker.finish();
    const { verdict } = JSON.parse(await lineWith(child, '"released"')) as LockEvent;
    if (verdict === 'residue') break; // proof can be missed, see watch.test.ts
    unlinkSync(path);
    await lineWith(child, '"released"');
  }
  expect((await child.ended).code).toBe(0);
  expect(existsSync(path)).toBe(true);
});

// Runs argv[2:] on a terminal of 12 rows and 60 columns, and passes on what it draws.
const TERMINAL = `
import fcntl, os, pty, signal, struct, sys, termios, threading
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 12, 60, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
def obey():
    sys.stdin.readline()
    os.kill(pid, signal.SIGINT)
threading.Thread(target=obey, daemon=True).start()
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
print('exit', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

it('on a terminal it draws the locks in place, and gives the cursor back', async () => {
  const dir = scratch();
  const path = join(dir, 'a.lock');
  const terminal = python(TERMINAL, process.execPath, BIN, 'watch', dir);
  const drawn: string[] = [];
  const until = async (part: string): Promise<void> => {
    do drawn.push(await terminal.line());
    while (drawn.at(-1)?.includes(part) !== true);
  };
  await until('no locks');
  const locker = await flockHolder(path);
  await until(' held kernel');
  await locker.finish();
  terminal.say('end');
  await until('exit 0');
  const all = drawn.join('\n');
  expect(all).toContain('\u001b[?25l');
  expect(all).toMatch(/\u001b\[\d+A[\r\n]+\u001b\[0J/); // drawn over the last picture
  expect(all.lastIndexOf('\u001b[?25h')).toBeGreaterThan(all.lastIndexOf('\u001b[?25l'));
  const plain = all.replace(/\u001b\[[?\d;]*[A-Za-z]/g, '').split(/[\r\n]+/);
  expect(plain.filter((line) => line.length > 60)).toEqual([]);
});
