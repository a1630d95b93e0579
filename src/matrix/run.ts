// Runs every available peer as holder against every one as taker.

import { availableParallelism, tmpdir } from 'node:os';
import type { Peer } from '../peers/types.js';
import { canKnow } from './check.js';
import { tryAfterKill, tryAfterRelease, tryWhileHeld, unmeasured, type Pair } from './phases.js';
import { Scratch } from './scratch.js';
import type { AfterKill, Afterwards, Cell, MatrixResult, PeerInfo, WhileHeld } from './types.js';

export interface MatrixOptions {
  peers: readonly Peer[];
  /** Where lock files are made: the filesystem under test. Default: the temporary directory. */
  dir?: string;
  /** How many questions are asked at once. */
  concurrency?: number;
  onProgress?: (done: number, total: number) => void;
}

/** Asks every peer whether it is there. */
export async function detectPeers(peers: readonly Peer[]): Promise<PeerInfo[]> {
  return Promise.all(
    peers.map(async (peer) => {
      const { id, name, mechanism, family, shared = false, writes = false } = peer;
      return { id, name, mechanism, family, shared, writes, ...(await peer.detect()) };
    }),
  );
}

/** Runs `tasks` in their order, `limit` at a time. */
async function inParallel(tasks: (() => Promise<void>)[], limit: number): Promise<void> {
  const queue = tasks.values();
  const work = async (): Promise<void> => {
    for (const task of queue) await task();
  };
  await Promise.all(Array.from({ length: limit }, work));
}

interface Attempt {
  unmeasured?: true;
}

/**
 * Asks until there is an answer, three times at most: on a busy machine a holder may not get to its
 * part in time, and a watcher may not get to look.
 */
async function ask<Result>(
  trial: () => Promise<Result>,
  failed: (failure: ReturnType<typeof unmeasured>) => Result,
  isAnswer: (result: Result) => boolean,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const result = await trial().catch((error: unknown) =>
      failed(unmeasured(error instanceof Error ? error.message : String(error))),
    );
    if (tries === 3 || isAnswer(result)) return result;
  }
}

const measured = (phase: Attempt): boolean => phase.unmeasured !== true;

/** A watcher that the scheduler kept from looking while the lock was held cannot know whose it was. */
function missed(holder: Peer, taker: Peer, { outcome }: Afterwards): boolean {
  return canKnow(holder, taker) && holder.writes !== true && outcome === 'undecidable';
}

class Matrix {
  readonly #scratch: Scratch;
  readonly #peers: readonly Peer[];
  readonly #killed = new Map<string, AfterKill[]>();
  readonly #cells = new Map<string, Partial<Cell>>();

  constructor(scratch: Scratch, peers: readonly Peer[]) {
    this.#scratch = scratch;
    this.#peers = peers;
  }

  /** The crashes first: they are the longest tasks, one for each row. */
  tasks(): (() => Promise<void>)[] {
    const pairs = this.#peers.flatMap((holder) => this.#peers.map((taker) => ({ holder, taker })));
    return [
      ...this.#peers.map((holder) => () => this.#kill(holder)),
      ...pairs.map(
        ({ holder, taker }) =>
          () =>
            this.#pair(holder, taker),
      ),
    ];
  }

  cells(): Cell[] {
    return this.#peers.flatMap((holder) =>
      this.#peers.map((taker, at) => {
        const cell = this.#cells.get(`${holder.id} ${taker.id}`);
        const afterKill = this.#killed.get(holder.id)?.[at];
        return { holder: holder.id, taker: taker.id, ...cell, afterKill } as Cell;
      }),
    );
  }

  async #kill(holder: Peer): Promise<void> {
    const crash = async (): Promise<AfterKill[]> => {
      const takers = this.#peers.map(async (taker) => this.#scratch.reuse(taker, 'taker'));
      const session = await this.#scratch.open(holder);
      return tryAfterKill(this.#scratch.base, session, await Promise.all(takers));
    };
    const inspect = { verdict: 'unknown' } as const;
    const row = await ask(
      crash,
      (failure) => this.#peers.map(() => ({ ...failure, inspect })),
      (got) =>
        this.#peers.every((taker, at) => {
          const one = got[at];
          return one === undefined || (measured(one) && !missed(holder, taker, one));
        }),
    );
    this.#killed.set(holder.id, row);
  }

  async #pair(holder: Peer, taker: Peer): Promise<void> {
    const pair = async (): Promise<Pair> => ({
      base: this.#scratch.base,
      holder: await this.#scratch.reuse(holder, 'holder'),
      taker: await this.#scratch.reuse(taker, 'taker'),
      shared: holder.shared === true && taker.shared === true,
    });
    const whileHeld = await ask<WhileHeld>(
      async () => tryWhileHeld(await pair()),
      (failure) => failure,
      measured,
    );
    const afterRelease = await ask<Afterwards>(
      async () => tryAfterRelease(await pair()),
      (failure) => failure,
      (got) => measured(got) && !missed(holder, taker, got),
    );
    this.#cells.set(`${holder.id} ${taker.id}`, { whileHeld, afterRelease });
  }
}

/** The whole matrix. Rejects only if no directory can be made; peers that fail are in the cells. */
export async function runMatrix(options: MatrixOptions): Promise<MatrixResult> {
  const started = performance.now();
  const infos = await detectPeers(options.peers);
  const available = options.peers.filter((_, at) => infos[at]?.available === true);
  const scratch = await Scratch.create(options.dir ?? tmpdir());
  try {
    const matrix = new Matrix(scratch, available);
    const tasks = matrix.tasks();
    let done = 0;
    const counted = tasks.map((task) => async () => {
      await task();
      options.onProgress?.(++done, tasks.length);
    });
    await inParallel(counted, options.concurrency ?? availableParallelism() * 3);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    return { peers: infos, cells: matrix.cells(), seconds };
  } finally {
    await scratch.close();
  }
}
