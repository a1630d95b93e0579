// Event streams (server-sent events): what the supervisor does, as it happens.
//
// A reader gets only what its key opens. One that does not read is cut once too much waits for it, so
// that it costs the others nothing; it may come back and ask /status and /history for what it missed.

import type { ServerResponse } from 'node:http';
import type { Supervisor, SupervisorEvent } from '../types.js';
import { opens, type Caller } from './keys.js';
import { ApiError } from './kinds.js';
import type { Limits } from './limits.js';

function appOf({ data }: SupervisorEvent): string | undefined {
  return data.app;
}

export class Streams {
  readonly #readers = new Map<ServerResponse, Caller>();
  readonly #limits: Limits;
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(supervisor: Supervisor, limits: Limits) {
    this.#limits = limits;
    this.#unsubscribe = supervisor.subscribe((event) => {
      this.#tell(event);
    });
    this.#heartbeat = setInterval(() => {
      for (const reader of this.#readers.keys()) this.#write(reader, ':\n\n');
    }, limits.heartbeat).unref();
  }

  get count(): number {
    return this.#readers.size;
  }

  /** ApiError (too-many-streams) if there is no room for one more. */
  checkRoom(): void {
    if (this.#readers.size >= this.#limits.streams)
      throw new ApiError(
        'too-many-streams',
        `${String(this.#limits.streams)} event streams are open already; close one`,
      );
  }

  /** Makes the response a stream. Events that happen from now on are in it. */
  open(response: ServerResponse, caller: Caller): void {
    this.checkRoom();
    this.#readers.set(response, caller);
    response.once('close', () => this.#readers.delete(response));
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
    this.#write(response, ':\n\n');
  }

  /** Ends every stream. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    for (const reader of this.#readers.keys()) reader.end();
  }

  #tell(event: SupervisorEvent): void {
    const text = `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
    for (const [reader, caller] of this.#readers)
      if (opens(caller, appOf(event))) this.#write(reader, text);
  }

  #write(reader: ServerResponse, text: string): void {
    reader.write(text);
    if (reader.writableLength > this.#limits.unsent) {
      this.#readers.delete(reader);
      reader.destroy();
    }
  }
}
