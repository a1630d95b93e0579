// The two halves together: supervisors that update under a slot of our own servers, which share an etcd.

import { expect } from 'vitest';
import type { JournalEntry } from '../../src/supervisor/types.js';
import { cli } from '../helpers/cli.js';
import { sleeper, started } from '../helpers/daemon-api.js';
import type { Place, TestDaemon } from '../helpers/daemon.js';
import { fleetOf } from '../helpers/fleet-server.js';
import { itWith } from '../helpers/peers.js';
import { etcd, lacksEtcd } from './rig/etcd.js';
import { FleetProcess } from './rig/server.js';

const LIMIT = 120_000;

const release = (name: string): Record<string, unknown> => ({
  7: { release: name, services: { one: sleeper({ environment: { R: name } }) } },
});

interface Device {
  place: Place;
  supervisor: TestDaemon;
  update: (name: string) => void;
}

async function device(id: string, server: string): Promise<Device> {
  const settings = fleetOf(server, { id, timeout: '10s' });
  const { place, supervisor } = await started(release('a'), settings);
  const update = (name: string): void => {
    place.configure(release(name), settings);
  };
  return { place, supervisor, update };
}

// From the grant until it was healthy: some time within that in which the slot was its own.
async function turn({ supervisor }: Device, name: string): Promise<{ from: number; to: number }> {
  const at = ({ at: when }: JournalEntry): number => Date.parse(when);
  const applied = await supervisor.entry('applied', `release ${name} runs`);
  const healthy = await supervisor.entry('fleet', `release ${name} is healthy`);
  await supervisor.entry('fleet', 'is given back', supervisor.entries.indexOf(healthy));
  const before = supervisor.entries.slice(0, supervisor.entries.indexOf(applied));
  const granted = before.findLast(({ kind, text }) => kind === 'fleet' && /is granted/.test(text));
  return { from: at(granted as JournalEntry), to: at(healthy) };
}

function holders(endpoint: string): string[] {
  const { out } = cli('fleet', 'slots', '--etcd', endpoint, '--json');
  return [...out.matchAll(/"id": ?"(dev-\w+)"/g)].map(([, id = '']) => id);
}

itWith(
  lacksEtcd,
  'two devices at two servers update one after the other, and one that was away is waited for',
  async () => {
    const { endpoints } = await etcd(1);
    const [endpoint = ''] = endpoints;
    const serve = async (...at: string[]): Promise<FleetProcess> =>
      FleetProcess.start(['--etcd', endpoint, '--group', 'default=1', ...at]);
    const servers = [await serve(), await serve()] as const;
    const devices = await Promise.all([
      device('dev-a', servers[0].address),
      device('dev-b', servers[1].address),
    ]);

    for (const { update } of devices) update('b');
    const [one, other] = await Promise.all([turn(devices[0], 'b'), turn(devices[1], 'b')]);
    expect(one.from >= other.to || other.from >= one.to).toBe(true);
    expect(holders(endpoint)).toEqual([]);

    await servers[0].kill();
    devices[0].update('c');
    await devices[0].supervisor.entry('fleet', 'no server answers');
    expect((await devices[0].supervisor.status()).apps[0]?.release).toBe('b');
    await serve('--listen', new URL(servers[0].address).host);
    await turn(devices[0], 'c');
    expect(holders(endpoint)).toEqual([]);
  },
  LIMIT,
);

itWith(
  lacksEtcd,
  'a device that dies amid its update stops the others, until its slot is released by hand',
  async () => {
    const { endpoints } = await etcd(1);
    const [endpoint = ''] = endpoints;
    const server = await FleetProcess.start(['--etcd', endpoint, '--group', 'default=1']);
    const [dead, next] = await Promise.all([
      device('dev-a', server.address),
      device('dev-b', server.address),
    ]);
    dead.update('b');
    await dead.supervisor.entry('fleet', 'is granted');
    await dead.supervisor.kill();
    expect(holders(endpoint)).toEqual(['dev-a']);

    next.update('b');
    await next.supervisor.entry('fleet', '1 of 1 slots of group .default. are taken, by dev-a');
    const { out } = cli('fleet', 'slots', '--etcd', endpoint);
    const grant = /id ([0-9a-f]{12})/.exec(out)?.[1] ?? '';
    const released = cli('fleet', 'release', grant, '--etcd', endpoint);
    expect(released.code).toBe(0);
    await turn(next, 'b');
    expect(holders(endpoint)).toEqual([]);
  },
  LIMIT,
);
