// `fleet:` in the configuration: what it means, and that every mistake is told with its place.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LockError } from '../../src/index.js';
import { readConfig } from '../../src/supervisor/config.js';
import type { FleetConfig } from '../../src/supervisor/target/fleet.js';
import { scratch } from '../helpers/scratch.js';

function written(fields: string): string {
  const file = join(scratch(), 'lockbridge.yaml');
  writeFileSync(file, `state: ./state\nfleet:\n${fields.replaceAll(/^/gm, '  ')}\n`);
  return file;
}

const read = (fields: string): FleetConfig | undefined => readConfig(written(fields)).fleet;

/** What is said of it, without the file's name. */
function complaint(fields: string): string {
  const file = written(fields);
  try {
    readConfig(file);
  } catch (error) {
    if (LockError.is(error)) return error.message.replaceAll(`${file}:`, '');
    throw error;
  }
  throw new Error('not refused');
}

const SERVER = 'server: https://fleet.example\n';

it('may leave out nearly everything, and all of it', () => {
  expect(read('server: http://10.0.0.1:8080/base')).toEqual({
    server: 'http://10.0.0.1:8080/base',
    group: 'default',
    unreachable: 'wait',
    timeout: 30_000,
    retry: 30_000,
    healthyAfter: 60_000,
    lockPatience: 30_000,
  });
  const file = join(scratch(), 'lockbridge.yaml');
  writeFileSync(file, 'state: ./state\n');
  expect('fleet' in readConfig(file)).toBe(false);
});

it('is read whole', () => {
  const fields = `${SERVER}group: line-3\nid: press-17\nca-file: /ca\ncert-file: /c\nkey-file: /k
unreachable: proceed\ntimeout: 5s\nretry: 1m\nhealthy-after: 10m\nlock-patience: 0s`;
  expect(read(fields)).toEqual({
    server: 'https://fleet.example',
    group: 'line-3',
    id: 'press-17',
    caFile: '/ca',
    certFile: '/c',
    keyFile: '/k',
    unreachable: 'proceed',
    timeout: 5000,
    retry: 60_000,
    healthyAfter: 600_000,
    lockPatience: 0,
  });
});

it.each([
  ['group: a', '2:1: fleet.server: expected text, got nothing'],
  ['server: fleet.example:80', '3:3: fleet.server: expected a URL such as'],
  ['server: ftp://fleet.example', '3:3: fleet.server: expected a URL such as'],
  ['server: https://me:secret@fleet.example', '3:3: fleet.server: must hold no user and password'],
  ['server: https://fleet.example/?a=b', '3:3: fleet.server: expected a URL such as'],
  [`${SERVER}group: a/b`, '4:3: fleet.group: expected the name of a group'],
  [`${SERVER}group: ${'a'.repeat(129)}`, '4:3: fleet.group: expected the name of a group'],
  [`${SERVER}id: two words`, '4:3: fleet.id: expected an id that no other device has'],
  [`${SERVER}unreachable: maybe`, '4:3: fleet.unreachable: expected one of "wait", "proceed"'],
  [`${SERVER}retry: 1ms`, '4:3: fleet.retry: expected a duration from 100ms to 1h'],
  [`${SERVER}timeout: 2h`, '4:3: fleet.timeout: expected a duration from 100ms to 1h'],
  [`${SERVER}healthy-after: 2d`, '4:3: fleet.healthy-after: expected a duration of at most 1d'],
  [`${SERVER}lock-patience: soon`, '4:3: fleet.lock-patience: expected a duration such as'],
  [`${SERVER}cert-file: /c`, '4:3: fleet.cert-file: needs its "key-file" as well'],
  [`${SERVER}key-file: /k`, '4:3: fleet.key-file: needs its "cert-file" as well'],
  [`${SERVER}grupp: a`, '4:3: fleet.grupp: unknown field; did you mean "group"?'],
  [
    'server: http://f.example\nca-file: /c',
    '4:3: fleet.ca-file: is for a server with "https:" only',
  ],
])('%s is refused', (fields, said) => {
  expect(complaint(fields)).toContain(said);
});

it('a secret in a URL is not repeated in the complaint', () => {
  expect(complaint('server: https://me:hunter2@fleet.example')).not.toContain('hunter2');
});
