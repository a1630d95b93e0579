// Where each program stands on the two axes of the picture: by groups, with a gap between them.

import type { Family } from '../peers/types.js';
import type { Group } from './groups.js';

/** One cell with its gap, in the units of the picture. */
export const CELL = 12;
const GAP = 8;

export interface Axis {
  readonly peers: readonly { readonly id: string; readonly family: Family; readonly at: number }[];
  readonly groups: readonly {
    readonly name: string;
    readonly from: number;
    readonly to: number;
    readonly ids: ReadonlySet<string>;
  }[];
  readonly length: number;
}

export function axisOf(groups: readonly Group[]): Axis {
  const peers: { id: string; family: Family; at: number }[] = [];
  const parts: Axis['groups'][number][] = [];
  let at = 0;
  for (const { name, peers: members } of groups) {
    if (at > 0) at += GAP;
    const from = at;
    for (const { id, family } of members) {
      peers.push({ id, family, at });
      at += CELL;
    }
    parts.push({ name, from, to: at, ids: new Set(members.map(({ id }) => id)) });
  }
  return { peers, groups: parts, length: at };
}
