// An observer in a process of its own, and what it says.

import { fileURLToPath } from 'node:url';
import type { LockEvent } from '../../src/index.js';
import { Child } from './child.js';

type Said = Pick<LockEvent, 'kind' | 'path' | 'verdict' | 'holder' | 'previous' | 'text'> &
  Partial<LockEvent> & { looks?: number; idle?: boolean };

export class Watching {
  readonly child: Child;
  /** Everything that was said so far. */
  readonly said: Said[] = [];

  private constructor(child: Child) {
    this.child = child;
  }

  /** Observes the paths; resolves once it does. `under`: a command to run it under. */
  static async start(
    paths: readonly string[],
    env: NodeJS.ProcessEnv = {},
    under: readonly string[] = [],
  ): Promise<Watching> {
    const program = fileURLToPath(new URL('observer.mjs', import.meta.url));
    const [command = '', ...args] = [...under, process.execPath, program, ...paths];
    const watching = new Watching(new Child(command, args, { env: { ...process.env, ...env } }));
    for (const path of paths) await watching.next('watching', path);
    return watching;
  }

  /** The next event of that kind at that path; those before it are kept in `said`. */
  async next(kind: string, path?: string): Promise<Said> {
    for (;;) {
      const line = await this.child.line();
      if (!line.startsWith('{')) throw new Error(`the observer said: ${line}`);
      const event = JSON.parse(line) as Said;
      this.said.push(event);
      if (event.kind === kind && (path === undefined || event.path === path)) return event;
    }
  }

  /**
   * The next time that a kernel lock is told of there. Who makes a file and locks it only a while
   * later, as happens on a busy machine, is told of before as well: as a bare file.
   */
  async flocked(path: string): Promise<Said> {
    for (;;) {
      const event = await this.next('took', path);
      if (event.by === 'kernel') return event;
    }
  }

  /** `kind pid` of every event at the path so far. */
  of(path: string): string[] {
    return this.said
      .filter((event) => event.path === path)
      .map(({ kind, holder }) => (holder === undefined ? kind : `${kind} ${String(holder.pid)}`));
  }

  async state(): Promise<{ looks: number; idle: boolean }> {
    this.child.say('state');
    const { looks = -1, idle = false } = await this.next('state');
    return { looks, idle };
  }
}
