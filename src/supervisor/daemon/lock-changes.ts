// That something about an app's locks has changed, for whoever shows them: told at once, and then at
// most a few times a second, however often its services lock.
//
// The journal is no substitute: it leaves out who waits, and what happens too often.

const PAUSE_MS = 200;

export class LockChanges {
  readonly #tell: (app: string) => void;
  // Apps that were told of a moment ago, and whether more has happened since.
  readonly #recent = new Map<string, { more: boolean; timer: NodeJS.Timeout }>();

  constructor(tell: (app: string) => void) {
    this.#tell = tell;
  }

  /** Something happened to a lock of that app. */
  changed(app: string): void {
    const recent = this.#recent.get(app);
    if (recent !== undefined) {
      recent.more = true;
      return;
    }
    const timer = setTimeout(() => {
      const more = this.#recent.get(app)?.more === true;
      this.#recent.delete(app);
      if (more) this.changed(app);
    }, PAUSE_MS).unref();
    this.#recent.set(app, { more: false, timer });
    this.#tell(app);
  }

  close(): void {
    for (const { timer } of this.#recent.values()) clearTimeout(timer);
    this.#recent.clear();
  }
}
