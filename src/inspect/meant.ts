// Whom a pid in a lock file means. It is a number of an unknown pid namespace: in a directory that is
// mounted into containers, most likely one of theirs, where pid 1 is a service and not init.

import type { Processes } from './process.js';
import type { Reaching } from './reach.js';
import type { Holder } from './types.js';

/** The holders, with those that a file names as the processes that can be meant, where there are any. */
export function whoIsMeant(
  holders: readonly Holder[],
  reaching: readonly Reaching[],
  processes: Processes,
): Holder[] {
  const pids = reaching.flatMap((one) => one.pids);
  const inside = (number: number): number[] =>
    pids.filter((pid) => processes.info(pid).nspid?.at(-1) === number);
  const found = holders.some(({ role, pid }) => role === 'named' && inside(pid).length > 0);
  return holders.flatMap((holder) => {
    if (holder.role !== 'named') return [holder];
    // Looked up here at all? Not if the file names another host, as a container's name is.
    const here = holder.alive === true && processes.info(holder.pid).command !== undefined;
    const meant = [...new Set([...inside(holder.pid), ...(here ? [holder.pid] : [])])];
    if (meant.length > 0)
      return meant.map((pid) => ({ ...holder, ...processes.info(pid), alive: true }));
    return found ? [] : [holder]; // another reading of the digits that name somebody
  });
}
