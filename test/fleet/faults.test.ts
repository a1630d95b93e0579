// Devices, servers and etcd under faults: killed members, killed servers, lost answers. The run is
// judged by the checker, from what every device was told and from every state that etcd went through.

import { expect } from 'vitest';
import { itWith } from '../helpers/peers.js';
import { violations } from './rig/check.js';
import { runDevices, type Behaviour } from './rig/devices.js';
import { etcd, lacksEtcd, type Cluster, type Member } from './rig/etcd.js';
import { changesOf } from './rig/history.js';
import { FleetProcess } from './rig/server.js';

const LIMIT = 150_000;
const SLOTS = 3;
const HERD: Behaviour = { group: 'default', devices: 24, times: 4, hold: 20, lost: 10 };

/** Servers of one cluster that can be killed and started anew while devices ask. */
class Servers {
  readonly #cluster: Cluster;
  readonly #running: (FleetProcess | undefined)[] = [];
  killed = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async start(at: number): Promise<void> {
    const etcd = ['--etcd', this.#cluster.endpoints.join(',')];
    const more = ['--group', `default=${String(SLOTS)}`, '--rate', '0'];
    this.#running[at] = await FleetProcess.start([...etcd, ...more]);
  }

  /** Kills it and starts another; devices ask the others meanwhile, and find the first one gone. */
  async restart(at: number): Promise<void> {
    await this.#running[at]?.kill();
    this.killed++;
    await this.start(at);
  }

  get addresses(): string[] {
    return this.#running.flatMap((one) => (one === undefined ? [] : [one.address]));
  }
}

/** Runs devices until they are done while `disturb` does its worst, again and again; gives what is wrong. */
async function judged(
  cluster: Cluster,
  behaviour: Behaviour,
  disturb: (servers: Servers, round: number) => Promise<void>,
): Promise<{ wrong: string[]; grants: number; states: number; rounds: number }> {
  const servers = new Servers(cluster);
  await servers.start(0);
  await servers.start(1);
  let running = true;
  const devices = runDevices(
    () => servers.addresses,
    behaviour,
    performance.now() + LIMIT - 30_000,
  );
  void devices.then(
    () => (running = false),
    () => (running = false),
  );
  let rounds = 0;
  for (; running && rounds < 200; rounds++) await disturb(servers, rounds);
  const calls = await devices;
  const witness = await cluster.leader();
  const changes = await changesOf(witness, behaviour.group);
  const grants = new Set(
    changes.flatMap(({ semaphore }) => semaphore.holders.map(({ grant }) => grant)),
  );
  return {
    wrong: violations({ slots: SLOTS, calls, changes }),
    grants: grants.size,
    states: changes.length,
    rounds,
  };
}

const pause = async (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

async function killAndStart(member: Member | undefined): Promise<void> {
  await member?.kill();
  await pause(300);
  member?.start();
}

itWith(
  lacksEtcd,
  'one node: answers are lost and a server is killed in the middle of requests',
  async () => {
    const cluster = await etcd(1);
    const { wrong, grants, rounds } = await judged(cluster, HERD, async (servers, round) => {
      await pause(100);
      await servers.restart(round % 2);
    });
    expect(wrong).toEqual([]);
    expect(grants).toBeGreaterThanOrEqual(HERD.devices * HERD.times);
    expect(rounds).toBeGreaterThanOrEqual(1);
  },
  LIMIT,
);

itWith(
  lacksEtcd,
  'one node: etcd is killed and comes back with what it had',
  async () => {
    const cluster = await etcd(1);
    const { wrong, rounds } = await judged(cluster, HERD, async () => {
      await pause(300);
      await killAndStart(cluster.members[0]);
      await cluster.leader();
    });
    expect(wrong).toEqual([]);
    expect(rounds).toBeGreaterThanOrEqual(1);
  },
  LIMIT,
);

itWith(
  lacksEtcd,
  'three nodes: one after the other is killed',
  async () => {
    const cluster = await etcd(3);
    const { wrong, rounds } = await judged(cluster, HERD, async (_servers, round) => {
      await pause(200);
      await killAndStart(cluster.members[round % 3]);
      await cluster.leader();
    });
    expect(wrong).toEqual([]);
    expect(rounds).toBeGreaterThanOrEqual(1);
  },
  LIMIT,
);

itWith(
  lacksEtcd,
  'three nodes: always the leader is killed, and servers too, with devices that wait',
  async () => {
    const cluster = await etcd(3);
    const behaviour = { ...HERD, wait: 5 };
    const { wrong, rounds } = await judged(cluster, behaviour, async (servers, round) => {
      await pause(200);
      await Promise.all([killAndStart(await cluster.leader()), servers.restart(round % 2)]);
      await cluster.leader();
    });
    expect(wrong).toEqual([]);
    expect(rounds).toBeGreaterThanOrEqual(1);
  },
  LIMIT,
);
