// The write lease by which a release knows whether anybody else has the file open.

import { LEASES_COST, leasesTrap } from '../../inspect/traps.js';
import { native } from '../../native.js';
import { missing, nameOf, ok, weak } from '../outcome.js';
import type { Check } from '../types.js';

const REFUSED: readonly number[] = [-11, -16]; // EAGAIN, EBUSY

export const lease: Check = {
  id: 'lease',
  name: 'write lease',
  guarantee: 'a release leaves no waiter behind on a removed file',
  writes: true,
  async run(bench) {
    const path = bench.file('lease');
    const ours = native.openExclusive(path, 0o644);
    try {
      const alone = native.lease(ours);
      const trap = leasesTrap(bench.sysctls);
      if (trap !== undefined) return weak(trap.text, trap.cost, trap.remedy);
      if (alone < 0) return weak(`not granted to the only opener (${nameOf(alone)})`, LEASES_COST);
      const theirs = await bench.second().call('open', path);
      const together = native.lease(ours);
      await bench.second().call('close', theirs);
      if (REFUSED.includes(together))
        return ok('granted to the only opener, refused while another process had the file open');
      return missing(
        'granted although another process had the file open',
        'a release removes the file under a waiter, which then believes that it holds the lock',
      );
    } finally {
      native.close(ours);
    }
  },
};
