// Who is in the way, as a 423 tells it: short, in fields; `GET /locks` has the whole inspection.

import { processName } from '../../inspect/actions.js';
import type { Inspection } from '../../inspect/types.js';
import type { Blocker } from '../locks/types.js';

export interface BlockerAnswer {
  path: string;
  app?: string;
  service?: string;
  verdict: Inspection['verdict'];
  by?: Inspection['by'];
  protocol?: string;
  /** In words; absent where nothing says who it is. */
  holder?: string;
  reason?: string;
  /** RFC 3339. */
  since?: string;
  /** The service is not running. */
  exited?: Blocker['exited'];
  /** A live supervisor's, which no override touches. */
  supervisor?: true;
}

/** Who holds it, in words; undefined where nothing says so. */
export function holderOf({ record, holders }: Inspection): string | undefined {
  if (record !== undefined)
    return `${record.owner ?? record.host} pid ${String(record.pid)} (${record.cmd})`;
  const holding = holders.filter(({ role }) => role === 'holds');
  const shown = holding.length > 0 ? holding : holders.filter(({ role }) => role === 'named');
  return shown.length === 0 ? undefined : shown.map(processName).join(', ');
}

/** The fields of a blocker that are known. */
export function blockerAnswer(blocker: Blocker): BlockerAnswer {
  const { path, verdict, by, protocol, record, since, service, exited, supervisor } = blocker;
  const holder = holderOf(blocker);
  const reason = record?.reason ?? '';
  return {
    path,
    ...service,
    verdict,
    ...(by && { by }),
    ...(protocol !== undefined && { protocol }),
    ...(holder !== undefined && { holder }),
    ...(reason !== '' && { reason }),
    ...(since && { since: since.at }),
    ...(exited && { exited }),
    ...(supervisor && { supervisor }),
  };
}
