// Devices, servers and etcd under faults: killed members, killed servers, lost answers. The run is
// judged by the checker, from what every device was told and from every state that etcd went through.

import { expect } from 'vitest';
import { itWith } from '../helpers/peers.js';
import { etcd, lacksEtcd, type Member } from './rig/etcd.js';
import { HERD, judged, LIMIT } from './rig/judged.js';

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
