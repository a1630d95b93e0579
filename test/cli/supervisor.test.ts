// supervise, update, override and history as a user and a script meet them.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfig } from '../../src/supervisor/config.js';
import type { JournalEntry, Status } from '../../src/supervisor/types.js';
import { Child, flockHolder } from '../helpers/child.js';
import { BIN, cli, cliJson } from '../helpers/cli.js';
import { daemon, Place, type TestDaemon } from '../helpers/daemon.js';
import { until } from '../helpers/scratch.js';

const service = (release: string): Record<string, unknown> => ({
  command: ['sleep', 'infinity'],
  environment: { RELEASE: release },
  'stop-grace': '2s',
});

function press(release: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const services = { pump: service(release), feed: service(release), label: service(release) };
  return { 7: { name: 'press', release, services, ...more } };
}

async function running(): Promise<{ place: Place; supervisor: TestDaemon }> {
  const place = new Place();
  place.configure(press('1.0'));
  const supervisor = await daemon(place);
  await supervisor.entry('applied', 'release 1.0 runs');
  return { place, supervisor };
}

async function lockbridgeHolder(path: string, reason: string): Promise<Child> {
  const command = ['/bin/sh', '-c', 'echo held; read x'];
  const child = new Child(process.execPath, [
    BIN,
    'run',
    path,
    '--reason',
    reason,
    '--',
    ...command,
  ]);
  expect(await child.line()).toBe('held');
  return child;
}

/** Release 1.1 waits for the three locks of three programs. */
async function waiting(more: Record<string, unknown> = {}): Promise<{
  place: Place;
  supervisor: TestDaemon;
  holders: Child[];
}> {
  const { place, supervisor } = await running();
  const holders = [
    await flockHolder(place.lock('7', 'pump')),
    await lockbridgeHolder(place.lock('7', 'feed'), 'printing a batch'),
  ];
  writeFileSync(place.lock('7', 'label'), '');
  place.configure(press('1.1', more));
  await supervisor.entry('wait', 'label');
  return { place, supervisor, holders };
}

/** What a command writes to a terminal that is so wide; ^C as soon as `drawn` was. */
async function terminal(width: number, drawn: RegExp, ...args: string[]): Promise<string> {
  const program = `
import fcntl, os, pty, re, struct, sys, termios
width, until, argv = int(sys.argv[1]), re.compile(sys.argv[2].encode()), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, width, 0, 0))
    os.execv(argv[0], argv)
seen, stopped = b'', False
while True:
    try:
        got = os.read(fd, 4096)
    except OSError:
        break
    if not got:
        break
    seen += got
    if not stopped and until.search(seen):
        os.write(fd, b'\\x03')
        stopped = True
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
`;
  const words = ['-c', program, String(width), drawn.source, process.execPath, BIN, ...args];
  const python = spawn('python3', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of python.stdout) text += String(chunk);
  return text;
}

const plain = (text: string): string[] =>
  text.replace(/\u001b\[[?\d;]*[A-Za-z]/g, '\n').split(/[\r\n]+/);

it('supervise says first which it is, and where its things are', async () => {
  const place = new Place();
  place.configure({});
  const child = new Child(process.execPath, [BIN, 'supervise', '-c', place.file]);
  await until(() => child.stderr.join('').includes('started with pid'));
  const [version, where, address] = child.stderr.join('').split('\n');
  expect(version).toBe(`lockbridge 0.1.0, configuration ${place.file}`);
  expect(where).toBe(`state ${place.dir}/state, root ${place.dir}, driver process`);
  expect(address).toBe(`listens at unix:${place.dir}/api.sock`);
  child.process.kill('SIGTERM');
  expect(await child.ended).toEqual({ code: 0, signal: null });
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s ends the daemon in order, with exit code 0',
  async (signal) => {
    const place = new Place();
    place.configure({});
    const supervisor = await daemon(place);
    supervisor.child.process.kill(signal);
    expect(await supervisor.child.ended).toEqual({ code: 0, signal: null });
    expect(supervisor.entries.map(({ kind }) => kind)).toContain('stopping');
  },
);

it('update ends with 0 when the release runs, and tells an app that has nothing to do', async () => {
  const { place } = await running();
  expect(cli('update', '-c', place.file)).toEqual({
    code: 0,
    out: 'app 7 (press): release 1.0 runs\n',
    err: '',
  });
});

it('update without apps says that nothing is to run', async () => {
  const place = new Place();
  place.configure({});
  await daemon(place);
  expect(cli('update', '-c', place.file)).toMatchObject({
    code: 0,
    err: 'lockbridge: the target state has no apps: nothing is to run\n',
  });
});

it('update -w ends with 1 while locks are in the way, and names the services', async () => {
  const { place, holders } = await waiting();
  for (const seconds of ['0', '0.3']) {
    const { code, out, err } = cli('update', '-w', seconds, '-c', place.file);
    expect(code).toBe(1);
    const [first, feed, label, pump] = out.split('\n');
    expect(first).toBe('app 7 (press): release 1.1 waits for locks');
    expect(feed).toMatch(/^ {2}feed {3}printing a batch: lockbridge, pid /);
    expect(label).toMatch(/^ {2}label {2}file of unknown origin/);
    expect(pump).toMatch(/^ {2}pump {3}flock, pid /);
    expect(err).toBe('lockbridge: app 7 is not updated yet: locked by feed, label, pump\n');
  }
  for (const one of holders) await one.finish();
});

it('update --json prints the status', async () => {
  const { place, holders } = await waiting();
  const [app] = cliJson<Status>('update', '-w', '0', '-c', place.file).apps;
  expect(app?.update).toMatchObject({ state: 'waiting', release: '1.1' });
  expect(app?.update.blockers).toHaveLength(3);
  const asked = cliJson<Status>('update', '--no-follow', '-c', place.file);
  expect(asked.apps[0]?.id).toBe('7');
  for (const one of holders) await one.finish();
});

it('update --no-follow only asks', async () => {
  const { place, holders } = await waiting();
  expect(cli('update', '--no-follow', '-c', place.file)).toEqual({ code: 0, out: '', err: '' });
  for (const one of holders) await one.finish();
});

it('update --force goes through, and history says whose lock it was', async () => {
  const { place, holders } = await waiting();
  const { code, out } = cli('update', '--force', '-c', place.file);
  expect(code).toBe(0);
  expect(out).toContain('release 1.1 runs');
  const overrides = cliJson<JournalEntry[]>('history', '--kind', 'override', '-c', place.file);
  expect(overrides.map((entry) => entry.service).sort()).toEqual(['feed', 'label', 'pump']);
  for (const one of holders) await one.finish();
});

it('update ends with 1 when the longest wait is over', async () => {
  const { place, supervisor, holders } = await waiting({ update: { 'max-wait': '200ms' } });
  await supervisor.entry('gave-up');
  // Asked anew it waits anew, as long as the policy says.
  const { code, err } = cli('update', '-c', place.file);
  expect(code).toBe(1);
  expect(err).toBe('lockbridge: app 7 is given up: locked by feed, label, pump\n');
  for (const one of holders) await one.finish();
});

it('update ends with 69 when the release cannot be started', async () => {
  const { place, supervisor } = await running();
  const services = { pump: { ...service('1.1'), 'working-dir': join(place.dir, 'nowhere') } };
  place.configure({ 7: { name: 'press', release: '1.1', services } });
  await supervisor.entry('failed');
  const { code, err } = cli('update', '-c', place.file);
  expect(code).toBe(69);
  expect(err).toMatch(/^lockbridge: app 7: .*nowhere/);
});

it('on a terminal an update is drawn in lines that fit, with ages and a countdown', async () => {
  const { place, holders } = await waiting({ update: { 'max-wait': '50m' } });
  const seen = await terminal(60, /label +[1-9] s/, 'update', '-c', place.file);
  const lines = plain(seen);
  expect(lines.some((line) => /^ {2}is given up in (49|50) min \d+ s$/.test(line))).toBe(true);
  expect(lines.some((line) => /^ {2}feed +\d s +printing a batch: lockbridge/.test(line))).toBe(
    true,
  );
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(seen.trimEnd().endsWith('\u001b[?25h')).toBe(true); // the cursor is there again
  for (const one of holders) await one.finish();
});

it('on a terminal history is wrapped, not cut', async () => {
  const { place, holders } = await waiting();
  const lines = plain(await terminal(90, /never/, 'history', '-c', place.file));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
  expect(lines.map((line) => line.trim()).join(' ')).toMatch(/live lock of npm lockfile/);
  for (const one of holders) await one.finish();
});

it('history is filtered by app, kind and number, and its kinds are checked', async () => {
  const { place } = await running();
  const started = cliJson<JournalEntry[]>('history', '--kind', 'start', '-c', place.file);
  expect(started.map((entry) => entry.service)).toEqual(['feed', 'label', 'pump']);
  expect(cli('history', '--kind', 'start', '-n', '1', '-c', place.file).out).toMatch(
    /^\S+Z {2}start {9}7\/pump: started pump \(update to 1\.0\)\n$/,
  );
  expect(cli('history', '--app', '8', '-c', place.file)).toEqual({ code: 0, out: '', err: '' });
  expect(cli('history', '--kind', 'nonsense', '-c', place.file).code).toBe(64);
  expect(cli('history', '-n', '0', '-c', place.file).code).toBe(64);
});

it('history is read from the journal when no daemon runs, and says so', async () => {
  const { place, supervisor } = await running();
  await supervisor.kill();
  const { code, out, err } = cli('history', '--kind', 'applied', '-c', place.file);
  expect(code).toBe(0);
  expect(out).toContain('7: release 1.0 runs');
  const journal = join(place.dir, 'state/journal');
  expect(err).toBe(
    `lockbridge: no supervisor answers; this is what its journal in '${journal}' has\n`,
  );
  expect(cli('update', '-c', place.file)).toMatchObject({ code: 69, out: '' });
});

it('override says what is, and who set it', async () => {
  const place = new Place();
  place.configure({});
  await daemon(place);
  const ask = (what: string): string => cli('override', what, '-c', place.file).out;
  expect(ask('status')).toBe('the lock override is off (never set)\n');
  expect(ask('on')).toBe('the lock override is on (set over the API)\n');
  expect(cliJson('override', 'status', '-c', place.file)).toEqual({ on: true, from: 'api' });
  expect(ask('off')).toBe('the lock override is off (set over the API)\n');
  expect(cli('override', 'maybe', '-c', place.file).code).toBe(64);
});

it('a key that is not there, is none, or is not its key ends with 77', async () => {
  const place = new Place();
  place.configure({});
  await daemon(place);
  const file = join(place.dir, 'key');
  const ask = (): string => {
    const at = `unix:${join(place.dir, 'api.sock')}`;
    const { code, err } = cli('update', '--address', at, '--key-file', file);
    expect(code).toBe(77);
    expect(err.trim().split('\n')).toHaveLength(1);
    return err;
  };
  expect(ask()).toContain('there is no such file');
  for (const none of ['', 'two words', 'a\nb']) {
    writeFileSync(file, none);
    expect(ask()).toContain('it holds no key');
  }
  writeFileSync(file, 'x'.repeat(32));
  expect(ask()).toContain('refused the key (401)');
  const key = readFileSync(join(place.dir, 'state/api.key'), 'utf8');
  writeFileSync(file, key);
  expect(cli('update', '--address', `unix:${place.dir}/api.sock`, '--key-file', file).code).toBe(0);
});

it('an address that is none ends with 64', () => {
  for (const address of ['nonsense', 'http://', 'http://[', 'unix:relative', 'ftp://a'])
    expect(cli('update', '--address', address, '--key-file', '/dev/null')).toMatchObject({
      code: 64,
      out: '',
    });
  expect(cli('update', '--address', 'http://127.0.0.1:1').err).toContain('needs --key-file');
});

it('a configuration that is missing or broken ends with 65 and says where', () => {
  const place = new Place();
  const missing = cli('supervise', '-c', place.file);
  expect(missing.code).toBe(65);
  expect(missing.err).toContain('there is no such file');
  place.configure({ 7: { services: { pump: { comand: 'x' } } } });
  for (const command of ['supervise', 'update']) {
    const { code, err } = cli(command, '-c', place.file);
    expect(code).toBe(65);
    expect(err).toMatch(/config\.yaml:1:\d+: apps\.7\.services\.pump\.comand: unknown field; did/);
  }
});

it('the example configuration is one', () => {
  const file = new URL('../../examples/supervisor.yaml', import.meta.url).pathname;
  expect(readConfig(file).target.apps.map(({ id }) => id)).toEqual(['1234']);
});
