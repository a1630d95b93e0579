// Devices that ask two servers of one cluster while a test disturbs them, and the verdict on it.

import { violations } from './check.js';
import { runDevices, type Behaviour } from './devices.js';
import type { Cluster } from './etcd.js';
import { changesOf } from './history.js';
import { FleetProcess } from './server.js';

/** Milliseconds for a test with this. */
export const LIMIT = 150_000;
const SLOTS = 3;
/** What devices do unless a test says otherwise. */
export const HERD: Behaviour = { group: 'default', devices: 24, times: 4, hold: 20, lost: 10 };

/** Servers of one cluster that can be killed and started anew while devices ask. */
export class Servers {
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
export async function judged(
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
