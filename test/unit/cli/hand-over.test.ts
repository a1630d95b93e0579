// What `lockbridge` hands over to the native program: only what both read alike.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isPlain } from '../../../src/cli/hand-over.js';
import { Child } from '../../helpers/child.js';
import { BIN } from '../../helpers/cli.js';
import { scratch } from '../../helpers/scratch.js';

it.each([
  'run a.lock -- true',
  'run -n a.lock b.lock -- true',
  'run -w 5 --reason why a.lock -- cmd -x --help',
  'run a.lock --empty=free --json --conflict-exit-code 9 -- true',
  'run -w -1 a.lock -- true', // a mistake that both report in the same words
  'status a.lock',
  'status --json a.lock b.lock --empty=held',
  'wait -w 5 a.lock',
  'ls',
  'ls /data /tmp/balena --json --empty=free',
])('%s is handed over', (line) => {
  expect(isPlain(line.split(' '))).toBe(true);
});

it.each([
  '',
  'run',
  'run a.lock',
  'run a.lock true',
  'run a.lock --',
  'run -- true',
  'run --help -- true',
  'run a.lock --wait=5 -- true',
  'run a.lock -nE 5 -- true',
  'run a.lock --empty free -- true',
  'run a.lock --no-json -- true',
  'run a.lock --conflictExitCode 5 -- true',
  'run a.lock -w -- true',
  'run --reason -- a.lock -- true',
  'status',
  'status --help',
  'status help', // yargs takes it for --help
  'status -n a.lock',
  'status --js a.lock',
  'status a.lock -- true',
  'wait --wait 5',
  'wait a.lock --wait',
  'ls --all',
  'ls --sort age',
  'explain a.lock',
  'constructor a.lock',
])('%s stays in Node', (line) => {
  expect(isPlain(line.split(' '))).toBe(false);
});

it('the process itself goes on as the program, with its environment', async () => {
  const script = ['sh', '-c', 'echo "$PPID $MARK"'];
  const path = join(scratch(), 'a.lock');
  const child = new Child(process.execPath, [BIN, 'run', path, '--', ...script], {
    env: { ...process.env, MARK: 'é' },
  });
  expect(await child.line()).toBe(`${String(child.process.pid)} é`);
  expect((await child.ended).code).toBe(0);
});
