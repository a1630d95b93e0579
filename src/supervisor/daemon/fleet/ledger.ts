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
   * Makes the device's id if it has none, and {@link reconcile}s the record with the place. LockError (ERR_LOCK_CREATE) if the state cannot be written.
   */
  constructor(state: StateStore, config: FleetConfig, device: string) {
    this.#state = state;
    this.place = { ...placeOf(config), id: config.id ?? ownId(state, device) };
    reconcile(state, this.place);
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

/**
 * Puts the slot on record down as owed, unless it is one at `here`. What is owed at `here`, because the
 * configuration named another place meanwhile, is on record again: two who give back there would take it
 * from each other's updates.
 */
export function reconcile(state: StateStore, here: FleetPlace | undefined): void {
  const { slot, owed = [] } = state.state.fleet ?? {};
  const isHere = (place: FleetPlace): boolean => here !== undefined && same(place, here);
  const others = owed.filter((place) => !isHere(place));
  const leaves = slot !== undefined && !isHere(slot);
  if (!leaves && others.length === owed.length) return;
  let kept = leaves ? undefined : slot;
  if (others.length < owed.length && here !== undefined)
    kept ??= { ...here, since: new Date().toISOString(), apps: [] };
  if (leaves) {
    const { since: _since, granted: _granted, apps: _apps, ...place } = slot;
    others.push(place);
  }
  state.update((all) => {
    const { slot: _slot, owed: _owed, ...rest } = all.fleet ?? {};
    all.fleet = {
      ...rest,
      ...(kept && { slot: kept }),
      ...(others.length > 0 && { owed: others }),
    };
  });
}

function same(one: FleetPlace, other: FleetPlace): boolean {
  const base = ({ server }: FleetPlace): string =>
    (URL.canParse(server) ? new URL(server).href : server).replace(/\/+$/, '');
  return base(one) === base(other) && one.group === other.group && one.id === other.id;
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
