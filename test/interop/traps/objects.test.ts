// What is no regular file at the lock path, or one that may not be opened or changed. Strangers follow,
// hang or remove; the command line of lockbridge says one clear line, with a documented exit code, and
// changes nothing. (The library, and sockets and devices: test/faults/objects.test.ts.)

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN, cli, type Said } from '../../helpers/cli.js';
import { Child, exitCode } from '../../helpers/child.js';
import { needRoot } from '../../helpers/namespaces.js';
import { itWith, lacksCommand } from '../../helpers/peers.js';
import { mount, scratch, until } from '../../helpers/scratch.js';

needRoot(); // for mounts and another user's file

const noFlock = lacksCommand('flock');
const noDotlockfile = lacksCommand('dotlockfile');

const MAKE: Readonly<Record<string, (path: string) => void>> = {
  directory: (path) => {
    mkdirSync(path);
  },
  'symbolic link': (path) => {
    writeFileSync(`${path}.target`, 'precious');
    symlinkSync(`${path}.target`, path);
  },
  'dangling symbolic link': (path) => {
    symlinkSync(`${path}.target`, path);
  },
  FIFO: (path) => void execFileSync('mkfifo', [path]),
};

/** One line, which says that the path is held. */
function expectHeld({ code, err, out }: Said, path: string): void {
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toMatch(/^lockbridge: locked: [^\n]*\n$/);
  expect(err).toContain(`'${path}' is held, `);
}

describe.each(Object.entries(MAKE))('a %s', (name, make) => {
  it('is held for status and run, and stays as it was', () => {
    const path = join(scratch(), 'l');
    make(path);
    const before = lstatSync(path, { bigint: true });
    const status = cli('status', path);
    expect(status.code).toBe(1);
    expect(status.out).toContain(`'${path}' is held, existence [`);
    expectHeld(cli('run', '-n', path, '--', 'true'), path);
    const after = lstatSync(path, { bigint: true });
    expect([after.ino, after.ctimeNs]).toEqual([before.ino, before.ctimeNs]);
    const target = existsSync(`${path}.target`) ? readFileSync(`${path}.target`, 'utf8') : '';
    expect(target).toBe(name === 'symbolic link' ? 'precious' : '');
  });
});

describe('what strangers do there', () => {
  itWith(noFlock, 'flock -n on a FIFO waits in open(2) for ever', async () => {
    const path = join(scratch(), 'l');
    execFileSync('mkfifo', [path]);
    const child = new Child('flock', ['-n', path, 'true']);
    const where = `/proc/${String(child.process.pid)}/wchan`;
    await until(() => /fifo|wait_for_partner/.test(readFileSync(where, 'utf8')));
  });

  itWith(noFlock, 'flock(1) creates what a dangling link leads to', () => {
    const path = join(scratch(), 'l');
    symlinkSync(`${path}.target`, path);
    expect(exitCode('flock', '-n', path, 'true')).toBe(0);
    expect(existsSync(`${path}.target`)).toBe(true);
  });

  itWith(noDotlockfile, 'dotlockfile removes a dangling link and takes the path', () => {
    const path = join(scratch(), 'l');
    symlinkSync(`${path}.target`, path);
    expect(exitCode('dotlockfile', '-r', '0', '-l', path)).toBe(0);
    expect(lstatSync(path).isFile()).toBe(true);
  });
});

it('a file of root’s, mode 0600, is held for another user, who may not look into it', () => {
  const dir = scratch('/dev/shm');
  chmodSync(dir, 0o777);
  const path = join(dir, 'l');
  writeFileSync(path, '', { mode: 0o600 });
  const asNobody = (...args: string[]): Said => {
    const options = { uid: 65534, gid: 65534, encoding: 'utf8', timeout: 20_000 } as const;
    const done = spawnSync(process.execPath, [BIN, ...args], options);
    return { code: done.status, out: done.stdout, err: done.stderr };
  };
  const status = asNobody('status', path);
  expect(status.code).toBe(1);
  expect(status.out).toContain(
    'undecidable [file]: it cannot be opened here, so locks on it cannot be ruled out\n',
  );
  expectHeld(asNobody('run', '-n', path, '--', 'true'), path);
  expectHeld(asNobody('run', '-n', '--empty=free', path, '--', 'true'), path);
  expect(cli('status', '--empty=free', path).code).toBe(0); // root may look: it is nobody's
});

describe('on a read-only mount', () => {
  it.for([
    ['nothing', undefined, 0, 'is free'],
    ['a dead Helios’ file', '\x02c', 0, 'is stale [helios]'],
    ['a lock of procmail', '0', 1, 'is held, existence'],
    ['an empty file', '', 1, 'is held, undecidable'],
  ] as const)('%s is judged as elsewhere, and taking it is exit code 73', (row, { skip }) => {
    const [, content, code, says] = row;
    const dir = scratch();
    const refused = mount(dir, 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir);
    if (refused !== undefined) skip(`mount refused: ${refused}`);
    const path = join(dir, 'l');
    if (content !== undefined) writeFileSync(path, content);
    execFileSync('mount', ['-o', 'remount,ro', dir], { stdio: 'pipe', timeout: 10_000 });
    const status = cli('status', path);
    expect(status).toMatchObject({ code, err: '' });
    expect(status.out).toContain(`'${path}' ${says}`);
    expect(cli('run', '-n', path, '--', 'true')).toEqual({
      code: 73,
      out: '',
      err: `lockbridge: cannot lock '${path}': the filesystem is mounted read-only (open: EROFS)\n`,
    });
  });
});
