// Event streams (server-sent events): what the supervisor does, as it happens.
//
// A reader gets only what its key opens. One that does not read is cut once too much waits for it, so
// that it costs the others nothing; it may come back and ask /status and /history for what it missed.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Supervisor, SupervisorEvent } from '../types.js';
import { opens, type Caller } from './keys.js';
import { ApiError } from './kinds.js';
import type { Limits } from './limits.js';

interface Reader {
  response: ServerResponse;
  caller: Caller;
}

// The fleet's slot is the whole device's.
function appOf({ event, data }: SupervisorEvent): string | undefined {
  return event === 'fleet' ? undefined : data.app;
}

export class Streams {
  // By connection: of a response that is queued behind another, only the connection's end is told.
  readonly #readers = new Map<Socket, Reader>();
  readonly #limits: Limits;
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(supervisor: Supervisor, limits: Limits) {
    this.#limits = limits;
    this.#unsubscribe = supervisor.subscribe((event) => {
      this.#tell(event);
    });
    this.#heartbeat = setInterval(() => {
      for (const [socket, { response }] of this.#readers) this.#write(socket, response, ':\n\n');
    }, limits.heartbeat).unref();
  }

  get count(): number {
    return this.#readers.size;
  }

  /**
   * Makes the answer to this request a stream of what happens from now on. ApiError
   * (too-many-streams) if there is no room for one more; one connection has one.
   */
  open({ socket }: IncomingMessage, response: ServerResponse, caller: Caller): void {
    if (this.#readers.size >= this.#limits.streams || this.#readers.has(socket))
      throw new ApiError(
        'too-many-streams',
        `${String(this.#readers.size)} event streams are open already; close one`,
      );
    if (socket.destroyed) return; // it left before it was let in
    this.#readers.set(socket, { response, caller });
    socket.once('close', () => this.#readers.delete(socket));
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
    this.#write(socket, response, ':\n\n');
  }

  /** Ends every stream. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    for (const { response } of this.#readers.values()) response.end();
  }

  #tell(event: SupervisorEvent): void {
    const text = `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
    for (const [socket, { response, caller }] of this.#readers)
      if (opens(caller, appOf(event))) this.#write(socket, response, text);
  }

  #write(socket: Socket, response: ServerResponse, text: string): void {
    response.write(text);
    if (response.writableLength > this.#limits.unsent) {
      this.#readers.delete(socket);
      socket.destroy();
    }
  }
}
