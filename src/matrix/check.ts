// What lockbridge promises, as propositions over a matrix: each rule names the cells that break it.

import type { Peer } from '../peers/types.js';
import type { Cell, MatrixResult, PeerInfo } from './types.js';

interface Sides {
  cell: Cell;
  holder: PeerInfo;
  taker: PeerInfo;
}

export interface Rule {
  id: string;
  proposition: string;
  /** What is wrong with a cell, or undefined. */
  broken(sides: Sides): string | undefined;
}

const bridge = (peer: PeerInfo): boolean => peer.family === 'bridge';

/** An outcome with its explanation, for a message. */
const told = ({ outcome, detail }: { outcome: string; detail?: string }): string =>
  detail === undefined ? outcome : `${outcome} (${detail})`;

/** Whether the taker watches, and so can know that a kernel locker made what is there. */
export function canKnow(holder: Peer | PeerInfo, taker: Peer | PeerInfo): boolean {
  return taker.id === 'lockbridge-watching' && holder.family === 'kernel';
}

/** What lockbridge must answer on the path of a kernel locker that is gone. */
function leftBehind(holder: PeerInfo, taker: PeerInfo): 'taken' | 'undecidable' {
  return canKnow(holder, taker) ? 'taken' : 'undecidable';
}

function differs(got: { outcome: string; detail?: string }, wanted: string): string | undefined {
  return got.outcome === wanted ? undefined : `${told(got)}, not ${wanted}`;
}

export const RULES: readonly Rule[] = [
  {
    id: 'measured',
    proposition: 'every cell was measured: each holder could hold, and let go',
    broken: ({ cell }) => {
      const phases = [cell.whileHeld, cell.afterRelease, cell.afterKill];
      const failed = phases.find((phase) => phase.unmeasured === true);
      return failed === undefined ? undefined : told(failed);
    },
  },
  {
    id: 'holder',
    proposition: 'no stranger gets what lockbridge holds',
    broken: ({ cell: { whileHeld }, holder }) =>
      bridge(holder) && ['acquired', 'shared'].includes(whileHeld.outcome)
        ? told(whileHeld)
        : undefined,
  },
  {
    id: 'taker',
    proposition: 'lockbridge never gets what somebody holds',
    broken: ({ cell: { whileHeld }, taker }) =>
      bridge(taker) ? differs(whileHeld, 'refused') : undefined,
  },
  {
    id: 'after-release',
    proposition:
      'lockbridge takes what anybody let go; without a watch a kernel locker leaves it undecidable',
    broken: ({ cell: { afterRelease }, holder, taker }) => {
      if (!bridge(taker)) return undefined;
      // What was written before the watcher woke could have been linked there: no proof.
      if (holder.writes && afterRelease.outcome === 'undecidable') return undefined;
      return differs(
        afterRelease,
        holder.family === 'kernel' ? leftBehind(holder, taker) : 'taken',
      );
    },
  },
  {
    id: 'after-kill',
    proposition:
      'after SIGKILL lockbridge takes what lockbridge or a watched kernel locker held, and nothing that is not proven dead',
    broken: ({ cell: { afterKill }, holder, taker }) => {
      if (!bridge(taker)) return undefined;
      if (holder.family === 'bridge') return differs(afterKill, 'taken');
      if (holder.family === 'kernel') {
        // zc.lockfile writes its pid into the file: nobody has to watch to prove that it is gone.
        const dead = afterKill.inspect.verdict === 'stale';
        return differs(afterKill, dead ? 'taken' : leftBehind(holder, taker));
      }
      if (afterKill.outcome === 'error') return told(afterKill);
      // `free`: the peer cleaned up after all; `stale`: its file names a process that is gone.
      const proven = ['free', 'stale'].includes(afterKill.inspect.verdict);
      return afterKill.outcome === 'taken' && !proven ? told(afterKill) : undefined;
    },
  },
  {
    id: 'nothing-left',
    proposition: 'everybody can take what lockbridge let go',
    broken: ({ cell: { afterRelease }, holder }) =>
      bridge(holder) ? differs(afterRelease, 'taken') : undefined,
  },
];

/** The cells with their peers. */
export function sides({ cells, peers }: MatrixResult): Sides[] {
  const byId = new Map(peers.map((peer) => [peer.id, peer]));
  return cells.flatMap((cell) => {
    const [holder, taker] = [byId.get(cell.holder), byId.get(cell.taker)];
    return holder && taker ? [{ cell, holder, taker }] : [];
  });
}

/** Every broken promise in one line each; only those of rule `id`, if given. */
export function violations(result: MatrixResult, id?: string): string[] {
  const rules = RULES.filter((rule) => id === undefined || rule.id === id);
  return rules.flatMap((rule) =>
    sides(result).flatMap((one) => {
      const wrong = rule.broken(one);
      const who = `holder ${one.holder.id}, taker ${one.taker.id}`;
      return wrong === undefined ? [] : [`${rule.id}: ${rule.proposition}: ${who}: ${wrong}`];
    }),
  );
}
