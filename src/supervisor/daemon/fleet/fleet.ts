// All that a daemon has to do with a fleet: its slot, if the configuration names a server, and those that
// it owes to others.

import { tlsOptions } from '../../../fleet/client.js';
import type { Config } from '../../config.js';
import type { Journal } from '../../journal/journal.js';
import type { StateStore } from '../../state.js';
import type { FleetStatus } from '../../types.js';
import { reconcile } from './ledger.js';
import { Owed } from './owed.js';
import { FleetSlot } from './slot.js';

const NONE = { ok: 0, refused: 0, unreachable: 0 };

export class Fleet {
  readonly slot: FleetSlot | undefined;
  readonly #owed: Owed;

  /** LockError if a certificate or key is not usable, or the state cannot be written. */
  constructor(
    { fleet, target }: Config,
    state: StateStore,
    journal: Journal,
    changed: (status: FleetStatus) => void,
  ) {
    const tell = (): void => {
      const { status } = this;
      if (status !== undefined) changed(status);
    };
    if (fleet === undefined) reconcile(state, undefined);
    else {
      tlsOptions(fleet); // what is wrong with them is said now, and not in a year
      this.slot = new FleetSlot(fleet, target.name, state, journal, tell);
    }
    this.#owed = new Owed(state, journal, tell);
  }

  /** Undefined where there is nothing to tell. */
  get status(): FleetStatus | undefined {
    const { places } = this.#owed;
    const owed = places.length;
    if (this.slot !== undefined) return { ...this.slot.status, owed };
    const [place] = places;
    if (place === undefined) return undefined;
    const { server, group, id } = place;
    return {
      ...{ server, group, id, state: 'returning', since: new Date().toISOString(), apps: [], owed },
      requests: { 'pre-reboot': NONE, 'steady-state': NONE },
    };
  }

  /** `known`: the apps that there are. */
  begin(known: (app: string) => boolean): void {
    this.#owed.begin();
    this.slot?.begin(known);
  }

  async close(): Promise<void> {
    await Promise.all([this.#owed.close(), this.slot?.close()]);
  }
}
