// Command lines that go past yargs mean what yargs would have made of them.

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lsCommand } from '../../../dist/cli/ls.js';
import { parserOf } from '../../../dist/cli/main.js';
import { plainArguments } from '../../../dist/cli/plain.js';
import { runCommand } from '../../../dist/cli/run.js';
import { statusCommand } from '../../../dist/cli/status.js';
import { waitCommand } from '../../../dist/cli/wait.js';
import { BIN } from '../../helpers/cli.js';

const COMMANDS = [runCommand, statusCommand, waitCommand, lsCommand];
const KEYS = [
  ...['path', 'json', 'empty', 'wait', 'nonblock', 'conflict-exit-code', 'reason', '--'],
  ...['dir', 'sort', 'reverse', 'all', 'state'],
];

async function parsed(argv: readonly string[]): Promise<unknown> {
  let got: Record<string, unknown> | undefined;
  await parserOf(COMMANDS, async (_command, args) => {
    got = args;
    return Promise.resolve();
  }).parseAsync([...argv]);
  const given = Object.entries(got ?? {}).filter(([key]) => KEYS.includes(key));
  return got && Object.fromEntries(given);
}

const word = fc.oneof(
  fc.constantFrom('--', '-', '', '-n', '--json', 'help', 'version', 'run', 'status', 'true', '007'),
  fc.constantFrom('a', '/tmp/a.lock', 'a=b', '"a"', "'a'", '1e3', '0x10', '__proto__', '$0', ' '),
  fc.string(),
);

it('a plain command line means what yargs makes of it', async () => {
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('run', 'status', 'wait', 'Status', 'ls', ''),
      fc.array(word, { maxLength: 6 }),
      async (name, words) => {
        const args = plainArguments([name, ...words]);
        if (args === undefined) return;
        plain++;
        expect(await parsed([name, ...words])).toEqual(args);
      },
    ),
    { numRuns: 2000 },
  );
  expect(plain).toBeGreaterThan(200);
});

it.each([
  ['an option', ['status', 'a', '--empty=free']],
  ['an option of ls', ['ls', '--all', 'a']],
  ['what may be the value of an option', ['ls', '--json', 'false']],
  ['an option before the command', ['--json', 'status', 'a']],
  ['a negative number', ['status', '-1']],
  ['the word that yargs takes for --help', ['status', 'help']],
  ['an empty word', ['run', '', '--', 'true']],
  ['no path', ['run', '--', 'true']],
  ['a command that has options to think of', ['break', 'a']],
  ['a name that every object has', ['constructor', 'a']],
])('%s is left to yargs', (_, argv) => {
  expect(plainArguments(argv)).toBeUndefined();
});

it('neither yargs nor a stream is loaded for a plain look', () => {
  const script = `
    process.argv.splice(1, 1, ${JSON.stringify(BIN)}, 'status', '/tmp/there-is-no-such.lock');
    process.on('exit', () => {
      const loaded = process.moduleLoadList.filter((name) => /child_process|http|streams\\/writable/.test(name));
      process._rawDebug(Object.keys(require.cache).filter((file) => /node_modules/.test(file)), loaded);
    });
    require(${JSON.stringify(BIN)});`;
  const env = { ...process.env, LOCKBRIDGE_RUN: 'node' };
  const done = spawnSync(process.execPath, ['-e', script], { env, encoding: 'utf8' });
  expect(done.stderr).toContain('[] []');
});
