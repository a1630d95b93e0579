// `lockbridge fleet` as an operator meets it: a server as a process, its slots, and one taken back.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cli, cliJson } from '../helpers/cli.js';
import { itWith } from '../helpers/peers.js';
import { scratch, until } from '../helpers/scratch.js';
import { ask } from './rig/devices.js';
import { etcd, lacksEtcd } from './rig/etcd.js';
import { FleetProcess } from './rig/server.js';

interface Group {
  group: string;
  slots: number;
  holders: { id: string; grant: string; slot: number; since: string }[];
}

const inFile = async (): Promise<string[]> => ['--state', join(scratch(), 'fleet.json')];
const inEtcd = async (): Promise<string[]> => ['--etcd', (await etcd()).endpoints.join(',')];

for (const [name, lacks, where] of [
  ['a state file', undefined, inFile],
  ['etcd', lacksEtcd, inEtcd],
] as const)
  itWith(lacks, `slots are shown and taken back by their id, in ${name}`, async () => {
    const store = await where();
    const server = await FleetProcess.start([...store, '--group', 'default=2', 'press.1=1']);
    expect(server.lines).toContain('group press.1: 1 slot');
    expect(cli('fleet', 'slots', ...store).out).toBe('no slot was ever taken\n');
    for (const id of ['dev-a', 'dev-b\u001b[31m'])
      await ask(server.address, '/v1/pre-reboot', { id, group: 'default' });
    await ask(server.address, '/v1/pre-reboot', { id: 'dev-c', group: 'press.1' });
    const text = cli('fleet', 'slots', ...store).out;
    expect(text).toMatch(
      /^default: 2 of 2 taken\n {2}slot 0 {2}dev-a +since 20\S+Z +\(\d+ s\) +id /,
    );
    expect(text).toContain('dev-b?[31m');
    expect(text).toContain('press.1: 1 of 1 taken\n');
    const [only] = cliJson<Group[]>('fleet', 'slots', 'press.1', ...store);
    expect(only).toMatchObject({ group: 'press.1', slots: 1, holders: [{ id: 'dev-c', slot: 0 }] });
    const grant = only?.holders[0]?.grant ?? '';
    const released = cli('fleet', 'release', grant, ...store);
    expect(released.out).toMatch(/^group press\.1: slot 0 of dev-c, held since 20\S+Z, is free\n$/);
    expect(released.code).toBe(0);
    // Its successor has another id, so whoever repeats the command takes nothing from it.
    await ask(server.address, '/v1/pre-reboot', { id: 'dev-d', group: 'press.1' });
    const again = cli('fleet', 'release', grant, ...store);
    expect(again.code).toBe(1);
    expect(again.err).toContain(`no slot has the id ${grant} any more`);
    expect(cli('fleet', 'slots', 'press.1', ...store).out).toContain('dev-d');
    expect(cli('fleet', 'slots', 'nobody', ...store)).toMatchObject({ code: 66 });
    const said = server.lines.filter((line) => line.includes('taken by'));
    expect(said[1]).toMatch(
      /^20\S+Z group default: slot 1 taken by "dev-b\?\[31m" \(id [0-9a-f]{12}\)$/,
    );
    expect(await server.stop()).toBe(0);
  });

const STATE = ['--state', '/nonexistent/fleet.json'];
const HERE = ['--listen', '127.0.0.1:0'];
const MISTAKES: readonly [args: readonly string[], code: number, says: RegExp][] = [
  [['serve', ...HERE, '--group', 'a=1'], 64, /--etcd URL or --state FILE/],
  [['serve', ...STATE, '--group', 'a=1'], 64, /--listen HOST:PORT/],
  [['serve', ...STATE, ...HERE], 64, /--group NAME=SLOTS/],
  [['serve', ...STATE, ...HERE, '--group', 'a'], 64, /--group must be NAME=SLOTS/],
  [['serve', ...STATE, ...HERE, '--group', 'a_b=1'], 64, /--group must be NAME=SLOTS/],
  [['serve', ...STATE, ...HERE, '--group', 'a=0'], 64, /1 to 1000 slots/],
  [['serve', ...STATE, ...HERE, '--group', 'a=1', 'a=2'], 64, /"a" is there twice/],
  [['serve', ...STATE, ...HERE, '--group', 'a=1,max-age=soon'], 64, /a duration such as/],
  [['serve', ...STATE, ...HERE, '--group', 'a=1,max-age=5s'], 64, /at least 1m/],
  [['serve', ...STATE, '--listen', '80', '--group', 'a=1'], 64, /HOST:PORT or \[IPv6\]:PORT/],
  [['serve', ...STATE, '--listen', '0.0.0.0:0', '--group', 'a=1'], 64, /nothing is encrypted/],
  [['serve', ...STATE, ...HERE, '--status', '[::]:0', '--group', 'a=1'], 64, /--status :: can be/],
  [
    ['serve', ...STATE, ...HERE, '--group', 'a=1', '--tls-cert', '/nonexistent'],
    64,
    /no such file/,
  ],
  [['serve', ...STATE, ...HERE, '--group', 'a=1', '--tls-match-id'], 64, /needs --tls-client-ca/],
  [['serve', ...STATE, ...HERE, '--group', 'a=1', '--rate', 'x'], 64, /--rate must be/],
  [['serve', 'x', ...STATE, ...HERE, '--group', 'a=1'], 64, /no further word/],
  [['slots', ...STATE, '--group', 'a=1'], 64, /--group means nothing for `fleet slots`/],
  [['slots', ...STATE, '--etcd', 'http://127.0.0.1:1'], 64, /--etcd URL or --state FILE/],
  [['slots', ...STATE, '--etcd-user', 'x'], 64, /means nothing with --state/],
  [['slots', '--etcd', '127.0.0.1:2379'], 64, /--etcd must be http:\/\/HOST:PORT/],
  [['slots', '--etcd', 'http://127.0.0.1:1', '--etcd-user', 'x'], 64, /go together/],
  [['slots', '--etcd', 'http://x:secret@127.0.0.1'], 64, /must hold no user and password; [^:]*$/],
  [['slots', '--etcd', 'http://:secret@127.0.0.1'], 64, /no user and password/],
  [['slots', '--etcd', 'http://127.0.0.1:1'], 69, /etcd does not answer \(http:\/\/127.0.0.1:1\)/],
  [['release', ...STATE, 'dev-a'], 64, /the twelve digits/],
  [['release', ...STATE, '0123456789ab'], 1, /no slot has the id/],
];

it.each(MISTAKES)('fleet %j ends with %i and one line', (args, code, says) => {
  const said = cli('fleet', ...args);
  expect(said.err).toMatch(says);
  expect(said.code).toBe(code);
  expect(said.err.replace('Try `lockbridge --help`.\n', '').trim().split('\n')).toHaveLength(1);
});

it('a state file that is not one ends the server before it listens', () => {
  const path = join(scratch(), 'fleet.json');
  writeFileSync(path, 'x');
  const said = cli('fleet', 'serve', ...HERE, '--state', path, '--group', 'a=1');
  expect(said).toMatchObject({ code: 69 });
  expect(said.err).toContain(`cannot use the state file '${path}': it is not JSON`);
});

itWith(lacksEtcd, 'a server that starts before its etcd serves when that is there', async () => {
  const cluster = await etcd();
  const [member] = cluster.members;
  await member?.kill();
  const server = await FleetProcess.start(['--etcd', cluster.endpoints.join(), '--group', 'a=1']);
  expect(server.lines.join('\n')).toContain('serving all the same');
  member?.start();
  await until(async () => {
    const { status } = await ask(server.address, '/v1/pre-reboot', { id: 'x', group: 'a' });
    return status === 200;
  });
});
