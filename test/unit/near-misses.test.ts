// What is almost a footprint is none, and what a stranger chose is neither read, followed nor
// printed as it is.

import {
  chmodSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectSync } from '../../src/index.js';
import { Directories } from '../../src/inspect/directories.js';
import { recognise, tracesOf } from '../../src/inspect/traces.js';
import { DEPTH, native } from '../../src/native.js';
import { recognisers } from '../../src/peers/footprints.js';
import type { Traces } from '../../src/peers/types.js';
import { scratch } from '../helpers/scratch.js';

function protocolOf(content: string, mode: number, name = 'l'): string | undefined {
  const path = join(scratch(), name);
  writeFileSync(path, content, 'latin1');
  chmodSync(path, mode);
  return inspectSync(path).protocol;
}

/** What is wrong, and the file in which it is. */
const MISSES: [string, string, number, string?][] = [
  ['the tag of Helios with a newline', '\x02c\n', 0o600],
  ["procmail's 0 that can be written", '0', 0o644],
  ['a 0 and two newlines', '0\n\n', 0o644],
  ['a pid with a leading zero', '0471\n', 0o644],
  ['pid 0', '00\n', 0o644],
  ['a time rather than a pid', '1795533384\n', 0o644],
  ['the first number above any pid', '4194305\n', 0o644],
  ['a negative number', '-471\n', 0o644],
  ['two pids', '471\n472\n', 0o644],
  ['a pid and a carriage return', '471\r\n', 0o644],
  ['a pid and NUL', '471\0', 0o644],
  ['pid:host that may be written, with a newline', '471:host\n', 0o644],
  ['a port after a host', 'host:471', 0o644],
  ['nine columns', `${'471'.padStart(9)}\n`, 0o644],
  ['eleven columns', `${'471'.padStart(11)}\n`, 0o644],
  ['two spaces before a pid', '  471\n', 0o644],
  ['lines of pid and no host', '471\n{}\n', 0o644],
  ['a claim without a random number', '/var/l|host|471|', 0o644],
  ['a line of NFSLock without its newline', 'host 471 1795533382 7255', 0o600],
  ['a git index of another version', 'DIRC\0\0\0\x07', 0o644, 'index.lock'],
  ['a git index under its own name', 'DIRC\0\0\0\x02', 0o644, 'index'],
  ['an object id cut short', `${'0'.repeat(39)}\n`, 0o644, 'main.lock'],
  ['an empty file that its owner may read', '', 0o400],
];

describe('is nothing known', () => {
  it.each(MISSES)('%s', (_what, content, mode, name) => {
    expect(protocolOf(content, mode, name)).toBeUndefined();
  });

  it('a file that may not be read, whatever its mode', () => {
    const path = join(scratch(), 'l');
    writeFileSync(path, 'x');
    chmodSync(path, 0o755);
    const look = { ...native.look(path, DEPTH.content), content: '' };
    expect(recognise(path, look)).toBeUndefined();
    expect(recognise(path, { ...look, size: 0 })?.protocol).toBe('filelock');
  });

  it('a pid file that goes on for 10 GB, of which 512 bytes are read', () => {
    const path = join(scratch(), 'l');
    const fd = openSync(path, 'w');
    writeSync(fd, '471\n');
    ftruncateSync(fd, 10 * 2 ** 30);
    closeSync(fd);
    const read = (): number =>
      Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
    const before = read();
    const look = native.look(path, DEPTH.content);
    expect(recognise(path, look)).toBeUndefined();
    expect(read() - before).toBeLessThan(256 * 1024); // /proc/locks and its like included
    expect(look.content).toHaveLength(512);
  });
});

const LINKS: [what: string, target: string][] = [
  ['a dated backup', 'backup.19991231'],
  ['a version', 'tool.1-20261124'],
  ['a library', 'libx.so.6'],
  ['a path', 'dir/vm-5c46cb80.24160-352126967547360712'],
  ['an address', 'ada@example.org'],
];

describe('is only a symbolic link', () => {
  it.each(LINKS)('%s', (_what, target) => {
    const path = join(scratch(), 'l');
    symlinkSync(target, path);
    expect(inspectSync(path)).toMatchObject({
      verdict: 'held',
      by: 'existence',
      protocol: 'symlink',
    });
    expect(inspectSync(path).certainty).toBeUndefined();
  });
});

describe('is only a directory', () => {
  it.each(['x.txt', 'vm.-d88942c0', '.-d88942c06882', 'vm.-D88942C06882', 'vm.123456789'])(
    'with %s in it',
    (inner) => {
      const path = join(scratch(), 'l');
      mkdirSync(path);
      writeFileSync(join(path, inner), '');
      expect(inspectSync(path)).toMatchObject({ protocol: 'mkdir', certainty: 'guess' });
    },
  );

  it('with a file of MkdirLockFile and another in it', () => {
    const path = join(scratch(), 'l');
    mkdirSync(path);
    writeFileSync(join(path, 'vm.-d88942c06882'), '');
    writeFileSync(join(path, 'x'), '');
    expect(inspectSync(path).protocol).toBe('mkdir');
  });
});

describe('hostile names', () => {
  const EVIL = '\x1b]0;pwned\x07\x1b[2J\u202e';

  it('of a second link are printed without their control characters', () => {
    const dir = scratch();
    const path = join(dir, 'l');
    writeFileSync(path, 'x');
    linkSync(path, join(dir, `${EVIL}|${EVIL}|471|5`));
    const seen = inspectSync(path);
    expect(seen.protocol).toBe('flufl.lock');
    expect(JSON.stringify(seen)).not.toMatch(/\\u001b|\\u0007|\u202e/);
  });

  it('in a target are printed without their control characters', () => {
    const path = join(scratch(), 'l');
    symlinkSync(`${EVIL}@host.471`, path);
    const seen = inspectSync(path);
    expect(seen.protocol).toBe('emacs');
    expect(JSON.stringify(seen)).not.toMatch(/\\u001b|\\u0007|\u202e/);
  });

  it('reach nobody through any recogniser', () => {
    const traces: Traces = {
      ...{ path: `/${EVIL}`, content: EVIL, target: EVIL, size: EVIL.length, mode: 0o644, uid: 0 },
      ...{ nlink: 2, birth: 0, mtime: 1.5, ctime: 0, type: 'file' },
      otherLinks: () => [EVIL],
      entries: () => [EVIL],
    };
    const all = (['file', 'directory', 'symlink'] as const).flatMap((type) =>
      recognisers.map((one) => one.recognise({ ...traces, type })),
    );
    expect(all.filter((one) => one !== undefined).map(({ protocol }) => protocol)).toEqual(
      expect.arrayContaining(['link', 'mkdir']),
    );
  });
});

describe('a path that changes after the look', () => {
  it('to a symbolic link is not followed for its entries', () => {
    const dir = scratch();
    const path = join(dir, 'l');
    mkdirSync(path);
    writeFileSync(join(path, 'inner'), '');
    const look = native.look(path, DEPTH.content);
    const traces = tracesOf(path, look, new Directories());
    expect(traces?.entries()).toEqual(['inner']);
    renameSync(path, join(dir, 'moved'));
    symlinkSync('moved', path);
    expect(traces?.entries()).toEqual([]);
  });

  it('to another file has none of its other names', () => {
    const dir = scratch();
    const path = join(dir, 'l');
    writeFileSync(path, '');
    linkSync(path, join(dir, 'other'));
    const look = native.look(path, DEPTH.content);
    expect(tracesOf(path, look, new Directories())?.otherLinks()).toEqual(['other']);
    renameSync(path, join(dir, 'moved'));
    writeFileSync(path, '');
    linkSync(path, join(dir, 'new'));
    expect(tracesOf(path, look, new Directories())?.otherLinks()).toEqual([]);
  });
});

it('every protocol is on the page about footprints, and no other', () => {
  const page = readFileSync(new URL('../../docs/footprints.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, protocol]) => protocol);
  expect(rows.toSorted()).toEqual(recognisers.map(({ protocol }) => protocol).toSorted());
});
