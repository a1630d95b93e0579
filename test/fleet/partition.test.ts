// Three nodes of etcd on a network that is cut: one member from everybody, and the leader from the other
// members only, so that it still answers clients and may not know that it leads no more.

import { expect } from 'vitest';
import { itWith } from '../helpers/peers.js';
import { etcd, lacksEtcd } from './rig/etcd.js';
import { HERD, judged, LIMIT } from './rig/judged.js';
import { lacksNetwork, Network } from './rig/network.js';

const lacks = lacksEtcd ?? lacksNetwork();
// Longer than an election takes, so that there is another leader.
const CUT = 2500;

const pause = async (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

itWith(
  lacks,
  'a leader that is cut off from the others gives no slot twice, and takes none along',
  async () => {
    const network = new Network();
    const cluster = await etcd(3, { at: network.spots });
    const { wrong, rounds } = await judged(cluster, HERD, async () => {
      await pause(200);
      const at = cluster.members.indexOf(await cluster.leader());
      network.cut(at, 'peers');
      await pause(CUT);
      const next = cluster.members.indexOf(await cluster.leader());
      expect(next).not.toBe(at);
      network.mend(at, 'peers');
      await pause(500);
    });
    expect(wrong).toEqual([]);
    expect(rounds).toBeGreaterThanOrEqual(1);
  },
  LIMIT,
);

itWith(
  lacks,
  'a member that is cut off from everybody is done without, and comes back',
  async () => {
    const network = new Network();
    const cluster = await etcd(3, { at: network.spots });
    const { wrong, rounds } = await judged(cluster, HERD, async (_servers, round) => {
      await pause(200);
      const at = round % 3;
      for (const link of ['peers', 'clients'] as const) network.cut(at, link);
      await pause(CUT);
      for (const link of ['peers', 'clients'] as const) network.mend(at, link);
      await cluster.leader();
    });
    expect(wrong).toEqual([]);
    expect(rounds).toBeGreaterThanOrEqual(1);
  },
  LIMIT,
);
