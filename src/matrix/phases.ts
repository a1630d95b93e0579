// The three questions of a cell. Each runs on a path that never existed before, in a directory of
// its own, with real processes on both sides.

import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCK_NAME, type Outcome, type Session } from '../peers/types.js';
import type { AfterKill, Afterwards, WhileHeld } from './types.js';

/**
 * How long a holder works under the lock before it lets go or crashes, where somebody watches. A
 * watcher proves by looking while the lock is held; one that is let go in the microseconds before
 * the watcher's thread runs stays undecidable, which is a matter of scheduling and not of protocol.
 */
const WORK_MS = 100;

/** A holder and a taker that run; `shared` if two shared locks meet. */
export interface Pair {
  base: string;
  holder: Session;
  taker: Session;
  shared: boolean;
}

/** A new directory below `base` that everyone has prepared for, and the lock path in it. */
export async function freshPath(base: string, sessions: readonly Session[]): Promise<string> {
  const dir = await mkdtemp(join(base, 'cell-'));
  for (const session of sessions) await session.prepare?.(dir);
  return join(dir, LOCK_NAME);
}

const withDetail = ({ detail }: Outcome): { detail?: string } =>
  detail === undefined ? {} : { detail };

/** The holder failed to do its part. */
export function unmeasured(what: string): { outcome: 'error'; detail: string; unmeasured: true } {
  return { outcome: 'error', detail: what, unmeasured: true };
}

/** What a try on a path says once its holder is gone. */
export function afterwards(outcome: Outcome): Afterwards {
  return { outcome: outcome.kind === 'acquired' ? 'taken' : outcome.kind, ...withDetail(outcome) };
}

function whileHeld(outcome: Outcome, shared: boolean): WhileHeld {
  const { kind } = outcome;
  if (kind === 'acquired') return { outcome: shared ? 'shared' : 'acquired' };
  if (kind === 'undecidable')
    return { outcome: 'refused', detail: `undecidable: ${outcome.detail ?? ''}` };
  return { outcome: kind, ...withDetail(outcome) };
}

const failure = (held: Outcome): string => `the holder did not get it: ${held.detail ?? held.kind}`;

/** The taker tries while the holder holds. */
export async function tryWhileHeld({ base, holder, taker, shared }: Pair): Promise<WhileHeld> {
  const path = await freshPath(base, [taker, holder]);
  const held = await holder.hold(path);
  if (held.kind !== 'acquired') return unmeasured(failure(held));
  try {
    return whileHeld(await taker.take(path), shared);
  } finally {
    // A taker that broke in may have removed what the holder would release.
    await holder.release(path).catch(() => undefined);
  }
}

/** The taker tries after the holder let go as its manual says. */
export async function tryAfterRelease({ base, holder, taker }: Pair): Promise<Afterwards> {
  const path = await freshPath(base, [taker, holder]);
  const held = await holder.hold(path);
  if (held.kind !== 'acquired') return unmeasured(failure(held));
  if (taker.prepare !== undefined) await sleep(WORK_MS);
  await holder.release(path);
  return afterwards(await taker.take(path));
}

async function inspected(path: string): Promise<AfterKill['inspect']> {
  try {
    // Only here, so that a machine without the addon can still compare the foreign peers.
    const { inspectSync } = await import('../index.js');
    const { verdict, by } = inspectSync(path);
    return { verdict, ...(by !== undefined && { by }) };
  } catch {
    return { verdict: 'unknown' };
  }
}

/**
 * All takers try after SIGKILL of the holder, which holds one path for each of them, so that one
 * crash serves a whole row. Answers are in the order of `takers`.
 */
export async function tryAfterKill(
  base: string,
  holder: Session,
  takers: readonly Session[],
): Promise<AfterKill[]> {
  const tries: { taker: Session; path: string; held: Outcome }[] = [];
  for (const taker of takers) {
    const path = await freshPath(base, [taker, holder]);
    tries.push({ taker, path, held: await holder.hold(path) });
  }
  if (takers.some((taker) => taker.prepare !== undefined)) await sleep(WORK_MS);
  await holder.kill();
  return Promise.all(
    tries.map(async ({ taker, path, held }) => {
      const inspect = await inspected(path);
      if (held.kind !== 'acquired') return { ...unmeasured(failure(held)), inspect };
      return { ...afterwards(await taker.take(path)), inspect };
    }),
  );
}
