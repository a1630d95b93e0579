// The process that a footprint names: as a holder to show, and as proof of death where it can be one.
//
// It proves death only by a protocol that itself goes by that number, if the number was written on
// this host (or no host was), is certain, is not 1, which lives in every container, and provably
// nobody has it, here or in a container (docs/protocol.md).

import { hostname } from 'node:os';
import type { Footprint } from '../peers/types.js';
import type { Evidence, Holder } from './types.js';

export interface Named {
  holders: Holder[];
  evidence: Evidence[];
  /** The holder is provably gone. */
  dead: boolean;
}

type Alive = (pid: number) => boolean | undefined;

function holderOf(pid: number, alive: boolean | undefined): Holder {
  return { pid, role: 'named', source: 'record', ...(alive !== undefined && { alive }) };
}

/** Whom a footprint names. `alive` may remember what it found, over many paths. */
export function named(footprint: Footprint, alive: Alive): Named {
  const { pid, pids = [], host, pidDecides } = footprint;
  const numbers = pid === undefined ? pids : [pid];
  const evidence: Evidence[] = [];
  if (numbers.length === 0) return { holders: [], evidence, dead: false };
  if (host !== undefined && host !== hostname()) {
    const text = `'${host}' is not the name of this host, so its pid cannot be looked up here`;
    evidence.push({ kind: 'pid-elsewhere', text });
    return { holders: numbers.map((one) => holderOf(one, undefined)), evidence, dead: false };
  }
  const living = numbers.map((one) => holderOf(one, alive(one)));
  // Of several readings of the same digits, those that nobody has are not worth showing.
  const holders = pid === undefined ? living.filter((one) => one.alive !== false) : living;
  if (holders.some((one) => one.alive === undefined))
    evidence.push({
      kind: 'pid-unknown',
      text: 'whether that process lives cannot be told from this pid namespace',
    });
  const gone = pid !== undefined && pid !== 1 && living[0]?.alive === false;
  if (gone)
    evidence.push({
      kind: pidDecides === true ? 'pid-dead' : 'pid-gone',
      text:
        `no process has the number ${String(pid)}, here or in a container` +
        (pidDecides === true ? '' : ', but by this protocol a child of it may hold the lock'),
    });
  return { holders, evidence, dead: gone && pidDecides === true };
}
