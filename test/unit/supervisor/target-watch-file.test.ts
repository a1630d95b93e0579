// A change of the configuration file is told once, when it is complete, however it was made.

import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { LockError } from '../../../src/index.js';
import { ConfigWatch } from '../../../src/supervisor/target/watch-file.js';
import { scratch, until } from '../../helpers/scratch.js';

interface Watched {
  dir: string;
  file: string;
  /** The device name of each configuration that was told, or the error's message. */
  told: string[];
  watch: ConfigWatch;
}

function watched(prepare?: (dir: string, file: string) => void): Watched {
  const dir = scratch();
  const file = join(dir, 'lockbridge.yaml');
  if (prepare === undefined) writeFileSync(file, 'name: first');
  else prepare(dir, file);
  const told: string[] = [];
  const watch = new ConfigWatch(file, (now) => {
    told.push(LockError.is(now) ? now.message : now.target.name);
  });
  onTestFinished(() => {
    watch.close();
  });
  return { dir, file, told, watch };
}

const WAYS: [string, (file: string, dir: string) => void][] = [
  [
    'written in place',
    (file) => {
      writeFileSync(file, 'name: second');
    },
  ],
  [
    'replaced by rename',
    (file, dir) => {
      writeFileSync(join(dir, 'new'), 'name: second');
      renameSync(join(dir, 'new'), file);
    },
  ],
  [
    'moved away and written anew, as vim does',
    (file, dir) => {
      renameSync(file, join(dir, 'backup~'));
      writeFileSync(file, 'name: second');
      unlinkSync(join(dir, 'backup~'));
    },
  ],
  [
    'removed and made again',
    (file) => {
      unlinkSync(file);
      writeFileSync(file, 'name: second');
    },
  ],
  [
    'replaced by a link',
    (file, dir) => {
      writeFileSync(join(dir, 'real'), 'name: second');
      unlinkSync(file);
      symlinkSync('real', file);
    },
  ],
  [
    'copied over',
    (file, dir) => {
      writeFileSync(join(dir, 'new'), 'name: second');
      copyFileSync(join(dir, 'new'), file);
    },
  ],
  [
    'written ten times',
    (file) => {
      for (let n = 0; n < 9; n++) writeFileSync(file, `name: n${String(n)}`);
      writeFileSync(file, 'name: second');
    },
  ],
];

it.each(WAYS)('a file that is %s is told once', async (_, change) => {
  const { dir, file, told } = watched();
  change(file, dir);
  await until(() => told.length > 0);
  writeFileSync(file, 'name: third');
  await until(() => told.includes('third'));
  expect(told).toEqual(['second', 'third']);
});

it('a file that is being written is told when its writer closes it', async () => {
  const { dir, file, told } = watched();
  const fd = openSync(file, 'w');
  writeSync(fd, 'name: half');
  // Another file's change, long enough after, has been seen and told of nothing.
  for (let n = 0; n < 3; n++) await pause(dir);
  expect(told).toEqual([]);
  writeSync(fd, '-and-half');
  closeSync(fd);
  await until(() => told.length > 0);
  expect(told).toEqual(['half-and-half']);
});

// Until a second watch has seen and settled a change that was made now.
async function pause(dir: string): Promise<void> {
  const file = join(dir, 'other.yaml');
  writeFileSync(file, 'name: a');
  let seen = false;
  const watch = new ConfigWatch(file, () => (seen = true));
  writeFileSync(file, 'name: bb');
  await until(() => seen);
  watch.close();
}

it('a mistake is told, and its correction', async () => {
  const { file, told } = watched();
  writeFileSync(file, 'nmae: x');
  await until(() => told.length === 1);
  expect(told[0]).toBe(`${file}:1:1: nmae: unknown field; did you mean "name"?`);
  unlinkSync(file);
  await until(() => told.length === 2);
  expect(told[1]).toContain('there is no such file');
  writeFileSync(file, 'name: right');
  await until(() => told.length === 3);
  expect(told[2]).toBe('right');
});

it('a file that is not there yet is told when it comes', async () => {
  const { file, told } = watched(() => undefined);
  writeFileSync(file, 'name: first');
  await until(() => told.length > 0);
  expect(told).toEqual(['first']);
});

it('the swap of a ConfigMap is told', async () => {
  const version = (dir: string, name: string): void => {
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, 'lockbridge.yaml'), `name: ${name.replaceAll('.', '')}`);
  };
  const { dir, told } = watched((into, file) => {
    version(into, '..v1');
    symlinkSync('..v1', join(into, '..data'));
    symlinkSync('..data/lockbridge.yaml', file);
  });
  for (const name of ['..v2', '..v3']) {
    version(dir, name);
    symlinkSync(name, join(dir, '..tmp'));
    renameSync(join(dir, '..tmp'), join(dir, '..data'));
    await until(() => told.includes(name.replaceAll('.', '')));
  }
  rmSync(join(dir, '..v1'), { recursive: true });
  rmSync(join(dir, '..v2'), { recursive: true });
  // The file behind the link is followed into its new directory.
  writeFileSync(join(dir, '..v3/lockbridge.yaml'), 'name: edited');
  await until(() => told.includes('edited'));
  expect(told).toEqual(['v2', 'v3', 'edited']);
});

it('other files of the directory, and readers, are of no concern', async () => {
  const { dir, file, told } = watched();
  writeFileSync(join(dir, 'other'), 'x');
  appendFileSync(join(dir, 'other'), 'x');
  closeSync(openSync(file, 'r'));
  await pause(dir);
  await pause(dir);
  expect(told).toEqual([]);
});

it('after it was closed nothing is told', async () => {
  const { dir, file, told, watch } = watched();
  writeFileSync(file, 'name: second');
  watch.close();
  watch.close();
  await pause(dir);
  expect(told).toEqual([]);
});

it('a directory that is not there is refused', () => {
  const file = join(scratch(), 'no/lockbridge.yaml');
  expect(() => new ConfigWatch(file, () => undefined)).toThrow(/cannot watch .+ no such directory/);
});

it('a directory that goes away is told, and nothing breaks', async () => {
  const { dir, told } = watched();
  rmSync(dir, { recursive: true });
  await until(() => told.length > 0);
  expect(told).toHaveLength(1);
});
