// What `lockbridge run` hands over to the native program: only what both read alike.

import { expect, it } from 'vitest';
import { isPlain } from '../../src/cli/hand-over.js';

it.each([
  'a.lock -- true',
  '-n a.lock b.lock -- true',
  '-w 5 --reason why a.lock -- cmd -x --help',
  'a.lock --empty=free --json --conflict-exit-code 9 -- true',
  '-w -1 a.lock -- true', // a mistake that both report in the same words
])('run %s is handed over', (line) => {
  expect(isPlain(line.split(' '))).toBe(true);
});

it.each([
  '',
  'a.lock',
  'a.lock --',
  '-- true',
  '--help -- true',
  'a.lock --wait=5 -- true',
  'a.lock -nE 5 -- true',
  'a.lock --empty free -- true',
  'a.lock --no-json -- true',
  'a.lock --conflictExitCode 5 -- true',
  'a.lock -w -- true',
  '--reason -- a.lock -- true',
])('run %s stays in Node', (line) => {
  expect(isPlain(line.split(' '))).toBe(false);
});
