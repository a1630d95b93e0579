// Who is in the way of an update, what may be done about it, and how it is told.

import { LockError } from '../../errors.js';
import { inspectAllSync } from '../../inspect/inspect.js';
import { heldBySupervisor } from '../../inspect/supervisor.js';
import type { Inspection } from '../../inspect/types.js';
import { describe } from '../../lock/blocked.js';
import type { LockPlace, Policed } from './places.js';
import type { Blocker, Exited, UpdateLocksOptions } from './types.js';

const MOST_NAMED = 20;

type Policy = Pick<UpdateLocksOptions, 'exited' | 'history'>;

/** What one who locks knows of the places it locks. */
export class Scene {
  readonly #places: ReadonlyMap<string, Policed>;
  readonly #policy: Policy;

  constructor(places: readonly Policed[], policy: Policy) {
    this.#places = new Map(places.map((place) => [place.path, place]));
    this.#policy = policy;
  }

  place(path: string): LockPlace {
    const { app, service } = this.#places.get(path) ?? {};
    return { path, ...(app !== undefined && { app }), ...(service !== undefined && { service }) };
  }

  exited(path: string): Exited | undefined {
    const { app, service } = this.place(path);
    if (app === undefined || service === undefined) return undefined;
    return this.#policy.exited?.(app, service);
  }

  /** The lock with what only a supervisor knows of it. */
  blocker(seen: Inspection): Blocker {
    const exited = this.exited(seen.path);
    const supervisor = heldBySupervisor(seen);
    return { ...seen, ...(exited && { exited }), ...(supervisor && { supervisor }) };
  }

  /** The same for all in the way, and puts them on record: after a reboot they are known to be older. */
  noted(seen: readonly Inspection[]): Blocker[] {
    const blockers = seen.map((one) => this.blocker(one));
    const { history } = this.#policy;
    if (history === undefined) return blockers;
    history.note(blockers);
    try {
      history.save();
    } catch (error) {
      // A full disk is no reason to give up an update that only has to wait.
      process.emitWarning(`lock files are not put on record: ${String(error)}`, {
        code: 'LOCKBRIDGE_HISTORY',
      });
    }
    return blockers;
  }

  /**
   * Why a lock may be replaced; undefined if not. A live supervisor's never; with `force` all others;
   * else what is provably nobody's, and by policy what a service left that does not run.
   */
  overruled(seen: Inspection, force: boolean): string | undefined {
    if (heldBySupervisor(seen)) return undefined;
    if (force) return 'by force';
    // What this user may not write to is not his to replace either (a sticky directory).
    if (seen.evidence.some(({ kind }) => kind === 'permission')) return undefined;
    if (seen.verdict !== 'held') return 'its holder is gone';
    const policy = this.#places.get(seen.path)?.exitedServices;
    const left = seen.by !== 'kernel' && policy === 'stale';
    return left && this.exited(seen.path) !== undefined ? 'its service has exited' : undefined;
  }

  /** Those of `blockers` that are still in the way. */
  still(blockers: readonly Inspection[], force: boolean): Inspection[] {
    const now = inspectAllSync(
      blockers.map(({ path }) => path),
      this.#policy.history === undefined ? {} : { history: this.#policy.history },
    );
    return now.filter((seen, at): seen is Inspection => {
      if (LockError.is(seen)) return false; // the next try says why
      const before = blockers[at];
      // Nobody's, but refused as it is.
      const same = seen.verdict === before?.verdict && seen.id === before.id;
      return (seen.verdict === 'held' || same) && this.overruled(seen, force) === undefined;
    });
  }
}

/** Who holds it, for people. */
export function holderText({ record, holders, protocol, object }: Inspection): string {
  if (record !== undefined)
    return `${record.owner ?? record.host} pid ${String(record.pid)} (${record.cmd})`;
  const holder = holders.find(({ role }) => role === 'holds' || role === 'named');
  if (holder !== undefined) return `pid ${String(holder.pid)} (${holder.command ?? '?'})`;
  return `somebody (${protocol ?? object ?? 'file'})`;
}

function exitedText({ at, code }: Exited): string {
  const when = at === undefined ? 'it has exited' : `it exited at ${at}`;
  return `no process of this service lives; ${when}${code === undefined ? '' : ` with code ${String(code)}`}`;
}

function blockerText(blocker: Blocker): string {
  const { record, since, exited, supervisor } = blocker;
  return [
    describe(blocker),
    ...(record === undefined && since !== undefined ? [`since ${since.at}`] : []),
    ...(supervisor === true ? ['a live supervisor, which no override touches'] : []),
    ...(exited === undefined ? [] : [exitedText(exited)]),
  ].join(', ');
}

/** ERR_UPDATES_LOCKED. It begins as balena's does, whose clients look for these words. */
export function updatesLocked(
  blockers: readonly Blocker[],
  placeOf: (path: string) => LockPlace,
  cause?: unknown,
): LockError {
  const shown = blockers.slice(0, MOST_NAMED).map((blocker) => {
    const { app, service } = placeOf(blocker.path);
    const of = [
      ...(app === undefined ? [] : [`appId: ${app}`]),
      ...(service === undefined ? [] : [`service: ${service}`]),
    ];
    return `${of.length === 0 ? '' : `{ ${of.join(', ')} }: `}${blockerText(blocker)}`;
  });
  const more = blockers.length - shown.length;
  const rest = more > 0 ? `; and ${String(more)} more` : '';
  return new LockError('ERR_UPDATES_LOCKED', `Lockfile exists for ${shown.join('; ')}${rest}`, {
    blockers,
    cause,
    ...(blockers[0] && { path: blockers[0].path }),
  });
}
