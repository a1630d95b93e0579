// What the state file says of the slot. On record before it is asked for, until it is known to be given
// back: whatever a crash or a lost answer leaves open, the next daemon finds and settles.

import { randomBytes } from 'node:crypto';
import type { FleetPlace } from '../../../fleet/client.js';
import type { StateStore } from '../../state.js';
import type { SlotRecord, State } from '../../state-file.js';
import type { FleetConfig } from '../../target/fleet.js';

export class Ledger {
  readonly place: FleetPlace;
  readonly #state: StateStore;

  /**
   * Makes the device's id if it has none. A slot on record at another server, of another group or id, is
   * put down as owed there. LockError (ERR_LOCK_CREATE) if the state cannot be written.
   */
  constructor(state: StateStore, config: FleetConfig, device: string) {
    this.#state = state;
    this.place = { ...placeOf(config), id: config.id ?? ownId(state, device) };
    disown(state, this.place);
  }

  get slot(): SlotRecord | undefined {
    return this.#state.state.fleet?.slot;
  }

  /** Whether anything changed under it is not healthy yet. */
  get inUse(): boolean {
    return (this.slot?.apps.length ?? 0) > 0;
  }

  has(app: string): boolean {
    return this.slot?.apps.includes(app) ?? false;
  }

  /** Before each request for it. */
  intend(): void {
    if (this.slot !== undefined) return;
    const slot = { ...this.place, since: new Date().toISOString(), apps: [] };
    this.#state.update((all) => {
      all.fleet = { ...all.fleet, slot };
    });
  }

  granted(): void {
    this.#change((slot) => {
      slot.granted = new Date().toISOString();
    });
  }

  /** It was ours, and is no more: somebody has released it at the server. */
  revoked(): void {
    if (this.slot?.granted !== undefined)
      this.#change((slot) => {
        delete slot.granted;
      });
  }

  /** The server has it back. */
  returned(): void {
    this.#state.update((all) => {
      delete all.fleet?.slot;
    });
  }

  /** In a draft: the app is changed under it from now on. */
  mark(draft: State, app: string): void {
    const slot = draft.fleet?.slot;
    if (slot !== undefined && !slot.apps.includes(app)) slot.apps.push(app);
  }

  /** It is healthy. */
  unmark(app: string): void {
    this.keep((other) => other !== app);
  }

  /** Only these are still changed under it. */
  keep(those: (app: string) => boolean): void {
    if (this.slot?.apps.some((app) => !those(app)) === true)
      this.#change((slot) => {
        slot.apps = slot.apps.filter(those);
      });
  }

  #change(change: (slot: SlotRecord) => void): void {
    this.#state.update((all) => {
      if (all.fleet?.slot !== undefined) change(all.fleet.slot);
    });
  }
}

/** Puts the slot on record down as owed, unless it is one at `here`. */
export function disown(state: StateStore, here: FleetPlace | undefined): void {
  const slot = state.state.fleet?.slot;
  if (slot === undefined) return;
  const same = (['server', 'group', 'id'] as const).every((key) => slot[key] === here?.[key]);
  if (same) return;
  const { since: _since, granted: _granted, apps: _apps, ...place } = slot;
  state.update((all) => {
    const { slot: _slot, owed = [], ...rest } = all.fleet ?? {};
    all.fleet = { ...rest, owed: [...owed, place] };
  });
}

function placeOf({
  server,
  group,
  caFile,
  certFile,
  keyFile,
}: FleetConfig): Omit<FleetPlace, 'id'> {
  return {
    server,
    group,
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
  };
}

// A name alone is no id: two devices with one name would share one slot, and update at once. The name
// comes first so that a person who reads the list of holders knows where to go.
function ownId(state: StateStore, device: string): string {
  const known = state.state.fleet?.id;
  if (known !== undefined) return known;
  const name = device.replace(/[^\w.-]/g, '').slice(0, 64);
  const id = `${name === '' ? 'device' : name}-${randomBytes(8).toString('hex')}`;
  state.update((all) => {
    all.fleet = { ...all.fleet, id };
  });
  return id;
}
