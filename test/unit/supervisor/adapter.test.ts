// The adapter for balena-supervisor that docs/supervisor.md shows: it is this file, it compiles, and
// it does what the two modules do that it stands in for.

import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import {
  findAll,
  Lockable,
  lock,
  LockfileExistsError,
  setRoot,
  unlock,
  unlockAll,
  UpdatesLockedError,
  withLock,
} from '../../../examples/balena-supervisor-adapter.js';
import { prepareDir } from '../../../src/supervisor/index.js';
import { exitCode } from '../../helpers/child.js';
import { itWith, lacksCommand } from '../../helpers/peers.js';
import { scratch } from '../../helpers/scratch.js';

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const ADAPTER = at('examples/balena-supervisor-adapter.ts');
const NOBODY = 65534;

function place(): { root: string; file: (service: string, name?: string) => string } {
  const root = scratch();
  setRoot(root);
  const dirs = ['main', 'side'].map((service) => prepareDir(root, 123, service));
  const file = (service: string, name = 'updates.lock'): string =>
    join(dirs[service === 'main' ? 0 : 1] ?? '', name);
  return { root, file };
}

it('the documentation shows it in full', () => {
  const shown = readFileSync(ADAPTER, 'utf8')
    .replace("'../src/index.js'", "'lockbridge'")
    .replace("'../src/supervisor/index.js'", "'lockbridge/supervisor'");
  expect(readFileSync(at('docs/supervisor.md'), 'utf8')).toContain(
    `\`\`\`ts part-of=examples/balena-supervisor-adapter.ts\n${shown}\`\`\`\n`,
  );
});

it('it compiles under the strict rules of this project', { timeout: 120_000 }, () => {
  const { config } = ts.readConfigFile(at('tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      rootDir: '.',
      noEmit: true,
      declaration: false,
      isolatedDeclarations: false,
    },
    at('.'),
  );
  const program = ts.createProgram([ADAPTER], options);
  const problems = ts.getPreEmitDiagnostics(program, program.getSourceFile(ADAPTER));
  expect(problems.map(({ messageText }) => messageText)).toEqual([]);
});

it('a lock file is taken for its uid, refused with code 73, and removed', async () => {
  const { file } = place();
  const path = file('main');
  await lock(path, process.getuid?.() === 0 ? NOBODY : undefined);
  if (process.getuid?.() === 0) expect(lstatSync(path).uid).toBe(NOBODY);
  const refused = await lock(path).catch((error: unknown) => error);
  expect(LockfileExistsError.is(refused)).toBe(true);
  await unlock(path);
  await unlock(path);
  expect(existsSync(path)).toBe(false);
});

it('unlock removes anybody’s file and an empty directory', async () => {
  const { file } = place();
  writeFileSync(file('main'), 'x');
  mkdirSync(file('side'));
  await unlock(file('main'));
  await unlock(file('side'));
  expect(existsSync(file('main')) || existsSync(file('side'))).toBe(false);
});

itWith(lacksCommand('lockfile'), 'procmail’s lockfile respects it', async () => {
  const { file } = place();
  await lock(file('main'));
  expect(exitCode('lockfile', '-r', '0', file('main'))).toBe(73);
  await unlock(file('main'));
});

it('all locks below a root are found by a filter, and let go together', async () => {
  const { root, file } = place();
  await lock(file('main'));
  await lock(file('side', 'resin-updates.lock'));
  mkdirSync(file('side'));
  expect((await findAll({ root })).sort()).toEqual(
    [file('main'), file('side', 'resin-updates.lock'), file('side')].sort(),
  );
  expect(await findAll({ root, filter: ({ owner }) => owner === 4711 })).toEqual([]);
  expect(await findAll({ root: join(root, 'nowhere') })).toEqual([]);
  await unlockAll(root);
  expect(await findAll({ root })).toEqual([file('side')]);
});

it('an app is locked as a whole, and refused in the words that are known', async () => {
  const { file } = place();
  const lockable = Lockable.from(123, ['main', 'side']);
  const held = await lockable.lock();
  await expect(lockable.lock({ maxWaitMs: 10 })).rejects.toThrow(
    'Locks for app 123 are being held by another supervisor operation',
  );
  await held.unlock();
  closeSync(openSync(file('side'), 'wx'));
  await expect(lockable.lock()).rejects.toThrow(UpdatesLockedError);
  await expect(lockable.lock()).rejects.toThrow(
    /^Lockfile exists for { appId: 123, service: side }/,
  );
  expect(existsSync(file('main'))).toBe(false);
  await (await lockable.lock({ force: true })).unlock();
});

it('withLock takes the services that have a directory, and gives the result', async () => {
  const { file } = place();
  expect(await withLock([123, 7], () => existsSync(file('side', 'resin-updates.lock')))).toBe(true);
  await expect(withLock(123, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await findAll({ root: join(file('main'), '../..') })).toEqual([]);
});
