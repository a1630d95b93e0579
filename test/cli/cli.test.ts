// The command line as a user meets it: exit codes, one clear line for a mistake, nothing left behind.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BIN, cli, PROGRAMS, type Said } from '../helpers/cli.js';

let dir = '';
let path = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lockbridge-cli-'));
  path = join(dir, 'updates.lock');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

type Mistake = [name: string, args: () => string[], code: number, says: RegExp];

function expectMistake(seen: Said, code: number, says: RegExp): void {
  expect(seen.code).toBe(code);
  expect(seen.err).toMatch(says);
  expect(seen.err).not.toMatch(/\n\s+at /); // no stack trace
  expect(readdirSync(dir)).toEqual([]);
}

describe.each(PROGRAMS)('$name', ({ run, words: [file, ...front] }) => {
  describe('run', () => {
    it('holds the lock while the command runs and leaves nothing behind', () => {
      const seen = run('run', path, '--', 'flock', '-n', path, 'true');
      expect(seen.code).toBe(1); // flock refused, and its exit code came back
      expect(readdirSync(dir)).toEqual([]);
    });

    it('ends with 128 + the signal that killed its command', () => {
      expect(run('run', path, '--', 'sh', '-c', 'kill -9 $$').code).toBe(137);
      expect(readdirSync(dir)).toEqual([]);
    });

    it('refuses with -n, names the holder, and takes the code of -E', () => {
      writeFileSync(path, '0', { mode: 0o444 });
      const seen = run('run', '-n', '-E', '9', path, '--', 'true');
      expect(seen.code).toBe(9);
      expect(seen.err).toContain('procmail');
      expect(run('run', '-n', path, '--', 'true').code).toBe(1);
    });

    it('takes all paths or none', () => {
      const other = join(dir, 'other.lock');
      writeFileSync(other, '');
      expect(run('run', '-n', path, other, '--', 'true').code).toBe(1);
      expect(readdirSync(dir)).toEqual(['other.lock']);
    });

    it('keeps the lock through its own SIGKILL for as long as the command lives', async () => {
      const script = 'echo $$; exec sleep 60';
      const child = spawn(file, [...front, 'run', path, '--', 'sh', '-c', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const pid = Number(String((await once(child.stdout, 'data'))[0]));
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(spawnSync('flock', ['-n', path, 'true']).status).toBe(1);
      process.kill(pid, 'SIGKILL');
      expect(run('wait', path).code).toBe(0);
      expect(run('run', '-n', path, '--', 'true').code).toBe(0);
      expect(readdirSync(dir)).toEqual([]);
    });

    it('passes SIGTERM on to the command and releases', async () => {
      const child = spawn(file, [...front, 'run', path, '--', 'cat'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      child.stdin.write('ready\n');
      await once(child.stdout, 'data');
      child.kill('SIGTERM');
      expect((await once(child, 'exit'))[0]).toBe(143);
      expect(readdirSync(dir)).toEqual([]);
    });
  });

  describe('status and wait', () => {
    it('status says 0 and free for nothing, 1 and why for a held lock, with --json as data', () => {
      expect(run('status', path)).toMatchObject({ code: 0, out: `'${path}' is free\n` });
      writeFileSync(path, '');
      const [seen] = JSON.parse(run('status', '--json', path).out) as { by: string }[];
      expect(seen?.by).toBe('undecidable');
      expect(run('status', path).code).toBe(1);
      expect(run('status', '--empty=free', path).code).toBe(0);
    });

    it('wait gives up with 1 and says once whom it waited for', () => {
      writeFileSync(path, '');
      const seen = run('wait', '-w', '0.1', path);
      expect(seen.code).toBe(1);
      expect(seen.err.match(/lockbridge: waiting:/g)).toHaveLength(1);
    });
  });

  it('an answer that cannot be written is a failure, not a verdict', () => {
    const full = openSync('/dev/full', 'w');
    const done = spawnSync(file, [...front, 'status', path], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(done.stderr).toBe('lockbridge: cannot write the answer: ENOSPC\n');
    expect(done.status).toBe(71);
  });

  describe('a mistake gets one line and its exit code', () => {
    const cases: Mistake[] = [
      ['no command', () => [], 64, /a command is needed/],
      ['an unknown option', () => ['status', path, '--bogus'], 64, /bogus/],
      ['no path', () => ['status'], 64, /[Nn]ot enough/],
      ['an empty path', () => ['status', ''], 64, /path must be a file name/],
      [
        'a path that ends in a slash',
        () => ['run', `${dir}/`, '--', 'true'],
        64,
        /not of a directory/,
      ],
      ['nothing after --', () => ['run', path, '--'], 64, /no command to run/],
      ['no --', () => ['run', path], 64, /no command to run/],
      [
        'a negative timeout',
        () => ['run', '-w', '-1', path, '--', 'true'],
        64,
        /--wait must be seconds/,
      ],
      [
        'a timeout that is no number',
        () => ['wait', '-w', 'soon', path],
        64,
        /--wait must be seconds/,
      ],
      [
        'a conflict code out of range',
        () => ['run', '-E', '300', path, '--', 'true'],
        64,
        /0 to 255/,
      ],
      [
        'a missing parent',
        () => ['run', join(dir, 'no/such.lock'), '--', 'true'],
        66,
        /does not exist/,
      ],
      [
        'a missing parent to look at',
        () => ['status', join(dir, 'no/such.lock')],
        66,
        /does not exist/,
      ],
      [
        'a parent that is a file',
        () => ['run', join(BIN, 'x.lock'), '--', 'true'],
        66,
        /not a directory/,
      ],
      [
        'a name too long',
        () => ['run', join(dir, 'n'.repeat(300)), '--', 'true'],
        73,
        /longer than/,
      ],
      ['a command that is not there', () => ['run', path, '--', '/no/such'], 69, /cannot execute/],
      ['force without an id', () => ['break', '--force', path], 64, /--force needs --id/],
      [
        'an id that is none',
        () => ['break', '--force', '--id', 'x', path],
        64,
        /id must be as `lockbridge explain` shows it/,
      ],
    ];
    it.each(cases)('%s', (_name, args, code, says) => {
      expectMistake(run(...args()), code, says);
    });
  });
});

describe('a mistake in what only Node’s can do', () => {
  const cases: Mistake[] = [
    ['an unknown command', () => ['bogus'], 64, /there is no command 'bogus'$/m],
    ['a mistyped command', () => ['statsu', 'x'], 64, /'statsu'; did you mean 'status'\?$/m],
    [
      'a missing path',
      () => ['explain'],
      64,
      /not enough arguments: it is lockbridge explain <path..>$/m,
    ],
    ['a directory that is not there', () => ['ls', join(dir, 'no')], 66, /does not exist/],
    ['nothing to sweep', () => ['sweep'], 64, /[Nn]ot enough/],
    [
      'a history that is none',
      () => ['sweep', '--state', BIN, dir],
      64,
      /no history of lock files/,
    ],
    [
      'a missing parent to explain',
      () => ['explain', join(dir, 'no/such.lock')],
      66,
      /does not exist/,
    ],
    ['an unknown peer', () => ['matrix', '--peers', 'bogus'], 64, /bogus/],
  ];
  it.each(cases)('%s', (_name, args, code, says) => {
    expectMistake(cli(...args()), code, says);
  });
});
