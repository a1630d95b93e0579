// Debian's etcd as processes: a cluster of one or three members, with its data in memory. Each member is
// killed, and its data removed, when the test has finished.

import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { openSync, readFileSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { lacksCommand } from '../../helpers/peers.js';
import { scratch } from '../../helpers/scratch.js';

/** Why there can be no etcd here; undefined if there can. */
export const lacksEtcd: string | undefined = lacksCommand('etcd');

/** Where a member is, and what is put before its command (`ip netns exec NAME`, say). */
export interface Spot {
  client: string;
  peer: string;
  before?: readonly string[];
}

// All of 127.0.0.0/8 is this machine, so that ports need not be looked for.
function spots(size: number): Spot[] {
  const net = `127.${String(randomInt(1, 255))}.${String(randomInt(0, 255))}`;
  return Array.from({ length: size }, (_, at) => ({
    client: `http://${net}.${String(at + 1)}:2379`,
    peer: `http://${net}.${String(at + 1)}:2380`,
  }));
}

export class Member {
  readonly spot: Spot;
  readonly #args: readonly string[];
  readonly #log: string;
  #process: ChildProcess | undefined;

  constructor(
    name: string,
    spot: Spot,
    all: readonly Spot[],
    dir: string,
    more: readonly string[],
  ) {
    this.spot = spot;
    this.#log = join(dir, `${name}.log`);
    const cluster = all.map(({ peer }, at) => `m${String(at)}=${peer}`).join(',');
    const options = {
      name,
      'data-dir': join(dir, name),
      'listen-client-urls': spot.client,
      'advertise-client-urls': spot.client,
      'listen-peer-urls': spot.peer,
      'initial-advertise-peer-urls': spot.peer,
      'initial-cluster': cluster,
      logger: 'zap',
      'log-outputs': 'stderr',
    };
    const words = Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
    this.#args = [...(spot.before ?? []), 'etcd', ...words, ...more];
  }

  start(): void {
    const log = openSync(this.#log, 'a');
    const [command = '', ...args] = this.#args;
    this.#process = spawn(command, args, { stdio: ['ignore', 'ignore', log] });
    closeSync(log);
  }

  /** SIGKILL, as a machine that loses its power. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  }

  /** What it said last, for a test that fails. */
  get said(): string {
    return readFileSync(this.#log, 'utf8').slice(-2000);
  }

  /** A call of its JSON gateway, perhaps as the user who was given this token. */
  async call<T>(path: string, body: unknown = {}, token?: string): Promise<T> {
    const response = await fetch(new URL(path, this.spot.client), {
      method: 'POST',
      body: JSON.stringify(body),
      ...(token !== undefined && { headers: { authorization: token } }),
      signal: AbortSignal.timeout(5000),
    });
    if (!response.ok) throw new Error(`${path}: ${String(response.status)}`);
    return (await response.json()) as T;
  }

  /** Whether it believes to lead. */
  async leads(): Promise<boolean> {
    const { leader, header } = await this.call<{ leader?: string; header: { member_id: string } }>(
      '/v3/maintenance/status',
    );
    return leader === header.member_id;
  }
}

export interface Cluster {
  members: Member[];
  /** For `--etcd`. */
  endpoints: string[];
  leader(): Promise<Member>;
}

/** A cluster that answers, on loopback or at those spots. */
export async function etcd(
  size: 1 | 3 = 1,
  { at = spots(size), more = [] }: { at?: readonly Spot[]; more?: readonly string[] } = {},
): Promise<Cluster> {
  const dir = scratch('/dev/shm');
  const members = at.map((spot, index) => new Member(`m${String(index)}`, spot, at, dir, more));
  onTestFinished(async () => {
    await Promise.all(members.map(async (member) => member.kill()));
  });
  for (const member of members) member.start();
  const leader = async (): Promise<Member> => leaderOf(members);
  await leader();
  return { members, endpoints: at.map(({ client }) => client), leader };
}

const PATIENCE = 60_000;

/** The member that leads and has proven it by a read that needs the others. */
async function leaderOf(members: readonly Member[]): Promise<Member> {
  const until = performance.now() + PATIENCE;
  while (performance.now() < until) {
    for (const member of members) {
      const leads = await member.leads().catch(() => false);
      if (!leads) continue;
      const read = member.call('/v3/kv/range', { key: Buffer.from('any').toString('base64') });
      if (
        await read.then(
          () => true,
          () => false,
        )
      )
        return member;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no leader: ${members.map(({ said }) => said).join('\n')}`);
}
