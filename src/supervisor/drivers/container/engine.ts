// One door to the container engine: finds its socket, loads its client when it is first needed, gives
// every call a time limit, and turns every failure into a LockError (ERR_SERVICE).
//
// The engine is trusted: whoever answers on that socket decides what runs as root.

import { Agent } from 'node:http';
import type Docker from 'dockerode';
import { LockError } from '../../../errors.js';
import { failure, words } from './failure.js';
import { findSocket } from './socket.js';

/** For calls that only look. */
const LOOK_MS = 10_000;
/** For calls that make or remove something, which a slow disk may hold up. */
export const CHANGE_MS = 60_000;

export type Work<T> = (docker: Docker, signal: AbortSignal) => Promise<T>;

export interface Limits {
  /** Milliseconds; 10,000 by default, Infinity for none. */
  limit?: number;
  signal?: AbortSignal;
}

// Everything that the client would else take from DOCKER_HOST and its like is given. No kept
// connections: one that an engine's restart has cut would fail the next call.
function optionsFor(socketPath: string): Docker.DockerOptions & { agent: Agent } {
  const agent = new Agent({ keepAlive: false });
  return { socketPath, host: '', protocol: 'http', timeout: 0, agent };
}

// Optional, because most installations run processes: say so when it is missing.
async function connect(socket: string): Promise<Docker> {
  let Client: typeof Docker;
  try {
    Client = (await import('dockerode')).default;
  } catch (cause) {
    throw new LockError(
      'ERR_SERVICE',
      'the container driver needs the optional package dockerode, which cannot be loaded: npm install dockerode',
      { cause },
    );
  }
  try {
    return new Client(optionsFor(socket));
  } catch (cause) {
    // It reads DOCKER_HOST, DOCKER_CERT_PATH and the like even where it is told everything.
    const said = words(cause instanceof Error ? cause.message : String(cause));
    throw new LockError(
      'ERR_SERVICE',
      `the client of the container engine does not take its environment: ${said}; unset DOCKER_*`,
      { cause },
    );
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

export class Engine {
  readonly #named: string | undefined;
  #connected: { docker: Docker; socket: string } | undefined;

  constructor(socket?: string) {
    this.#named = socket;
  }

  // Not kept when it fails: an engine may come up after us.
  async #connect(): Promise<{ docker: Docker; socket: string }> {
    if (this.#connected === undefined) {
      const socket = findSocket(this.#named);
      const docker = await connect(socket);
      this.#connected ??= { docker, socket };
    }
    return this.#connected;
  }

  /**
   * Does `work` with the client. `doing` begins the message of a failure. The signal that `work` gets
   * ends its call; where the client has no use for one, the answer is no longer waited for.
   */
  async ask<T>(doing: string, work: Work<T>, limits: Limits = {}): Promise<T> {
    const { limit = LOOK_MS, signal } = limits;
    const { docker, socket } = await this.#connect();
    const ends = limit === Infinity ? [] : [AbortSignal.timeout(limit)];
    const end = AbortSignal.any(signal === undefined ? ends : [...ends, signal]);
    try {
      return await Promise.race([work(docker, end), aborted(end)]);
    } catch (error) {
      const reason: unknown = end.aborted ? end.reason : error;
      throw failure(doing, reason, socket, limit);
    }
  }
}
