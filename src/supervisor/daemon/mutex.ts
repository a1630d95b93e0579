// One change of an app at a time: a queue of functions.

/** Runs functions one after the other, each after the one before has settled. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  async run<T>(fn: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(fn);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}
