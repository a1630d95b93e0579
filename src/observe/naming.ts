// Gives events the names of containers, asked of their engine once each. Events stay in order: those
// that follow one whose container is being asked for wait for the answer (half a second at most).

import { containersOf, nameContainers } from '../inspect/engine.js';
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
    const unknown = containersOf(seen).filter((container) => {
      const known = this.#known.get(container.id);
      if (known !== undefined) Object.assign(container, known);
      return known === undefined;
    });
    if (unknown.length > 0) this.#ask(unknown);
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

  #ask(containers: readonly Container[]): void {
    this.#after(async () => {
      await nameContainers(containers);
      if (this.#known.size > MOST) this.#known.clear();
      for (const container of containers) this.#known.set(container.id, container);
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
