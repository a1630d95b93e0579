// Gives events the names of containers, asked of their engine once each. Events stay in order: those
// that follow one whose container is being asked for wait for the answer (half a second at most).

import { nameContainers } from '../inspect/engine.js';
import type { Container, Inspection } from '../inspect/types.js';
import type { LockEvent } from './types.js';

const MOST = 1000;

export class Naming {
  readonly #on: (event: LockEvent) => void;
  readonly #known = new Map<string, Container>();
  #asking: Promise<void> | undefined;
  #closed = false;

  constructor(on: (event: LockEvent) => void) {
    this.#on = on;
  }

  /** Fills in the containers of everybody in what was seen, now or with the next answer. */
  name(seen: Inspection): void {
    const unknown = [...seen.holders, ...seen.orphans].some(({ container }) => {
      if (container === undefined) return false;
      const known = this.#known.get(container.id);
      if (known !== undefined) Object.assign(container, known);
      return known === undefined;
    });
    if (unknown) this.#ask(seen);
  }

  say(event: LockEvent): void {
    if (this.#asking === undefined) this.#on(event);
    else
      this.#after(() => {
        this.#on(event);
      });
  }

  close(): void {
    this.#closed = true;
  }

  #ask(seen: Inspection): void {
    this.#after(async () => {
      await nameContainers([seen]);
      if (this.#known.size > MOST) this.#known.clear();
      for (const { container } of [...seen.holders, ...seen.orphans])
        if (container !== undefined) this.#known.set(container.id, container);
    });
  }

  #after(act: () => void | Promise<void>): void {
    const mine = (this.#asking ?? Promise.resolve())
      .then(() => (this.#closed ? undefined : act()))
      .finally(() => {
        if (this.#asking === mine) this.#asking = undefined;
      });
    this.#asking = mine;
  }
}
