// The result of a matrix run, as `lockbridge matrix --json` prints it.

import type { HeldBy, Verdict } from '../inspect/types.js';
import type { Family } from '../peers/types.js';

export interface PeerInfo {
  id: string;
  name: string;
  mechanism: string;
  family: Family;
  shared: boolean;
  writes: boolean;
  available: boolean;
  version?: string;
  /** Why it is not available. */
  reason?: string;
}

interface Result<Kind extends string> {
  outcome: Kind;
  detail?: string;
  /** The holder could not do its part (hold, release), so nothing was measured. */
  unmeasured?: true;
}

/** `shared`: both hold, and both are shared locks. */
export type WhileHeld = Result<'refused' | 'acquired' | 'shared' | 'error'>;
/** `undecidable`: refused by lockbridge, because the file may be a lock of anybody. */
export type Afterwards = Result<'taken' | 'refused' | 'undecidable' | 'error'>;

export interface AfterKill extends Afterwards {
  /** What lockbridge says of the path just before the taker tries. */
  inspect: { verdict: Verdict | 'unknown'; by?: HeldBy };
}

/** One holder against one taker, each phase on a path of its own. */
export interface Cell {
  holder: string;
  taker: string;
  whileHeld: WhileHeld;
  afterRelease: Afterwards;
  afterKill: AfterKill;
}

export interface MatrixResult {
  peers: PeerInfo[];
  cells: Cell[];
  seconds: number;
}
