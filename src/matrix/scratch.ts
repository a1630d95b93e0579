// What a run leaves nothing of: its directory, its sessions, their processes; also after Ctrl-C.

import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onExit } from 'signal-exit';
import { killEverything } from '../peers/children.js';
import type { Peer, Session } from '../peers/types.js';

/** The directory of a run and the sessions that were opened for it. */
export class Scratch {
  readonly base: string;
  readonly #sessions: Promise<Session>[] = [];
  readonly #shared = new Map<string, Promise<Session>>();
  readonly #forget: () => void;

  private constructor(base: string) {
    this.base = base;
    this.#forget = onExit(() => {
      killEverything();
      rmSync(base, { recursive: true, force: true });
    });
  }

  static async create(dir: string): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(dir, 'lockbridge-matrix-')));
  }

  /** A session of its own, for a holder that will be killed. */
  async open(peer: Peer): Promise<Session> {
    const session = peer.open();
    this.#sessions.push(session);
    return session;
  }

  /** The one session of `peer` in this role; holders and takers are never the same process. */
  async reuse(peer: Peer, role: 'holder' | 'taker'): Promise<Session> {
    const key = `${role} ${peer.id}`;
    const session = this.#shared.get(key) ?? this.open(peer);
    this.#shared.set(key, session);
    return session;
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#sessions);
    await Promise.allSettled(
      opened.map(async (one) => (one.status === 'fulfilled' ? one.value.close() : undefined)),
    );
    killEverything();
    await rm(this.base, { recursive: true, force: true });
    this.#forget();
  }
}
