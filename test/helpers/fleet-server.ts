// A FleetLock server for one test: it keeps the protocol, writes down who held a slot from when to when,
// and can be told to misbehave. Devices are judged by what happened here, not by what they say.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from './scratch.js';

export type Question = 'pre-reboot' | 'steady-state';

export interface Asked {
  question: Question;
  id: string;
  group: string;
  /** The slot after it: held by the one who asked. */
  holds: boolean;
}

/**
 * What is done with a request instead of answering it by the protocol: `lose` obeys and cuts the
 * connection, `drop` cuts it, `hang` never answers; a function answers by itself.
 */
export type Fault = 'lose' | 'drop' | 'hang' | ((response: ServerResponse) => void);

export class FleetServer {
  /** Every request that was understood, in order. */
  readonly asked: Asked[] = [];
  /** Who held a slot from when to when, in milliseconds; Infinity: still. */
  readonly spans: { id: string; from: number; to: number }[] = [];
  /** Who holds a slot. */
  readonly holders = new Set<string>();
  /** The most that ever held one at the same time. */
  mostHolders = 0;
  slots = 1;
  /** With each refusal. */
  retryAfter: string | undefined;
  /** Called before the request is looked at; it is answered when this is done. */
  before: ((question: Question) => Promise<void> | void) | undefined;
  fault: ((question: Question) => Fault | undefined) | undefined;
  readonly #server: Server;
  readonly #scheme: string;
  #port = 0;

  private constructor(tls?: ServerOptions) {
    this.#scheme = tls === undefined ? 'http' : 'https';
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response);
    };
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  }

  static async start(tls?: ServerOptions): Promise<FleetServer> {
    const server = new FleetServer(tls);
    onTestFinished(async () => server.stop());
    await server.listen();
    return server;
  }

  /** Again on the same port, after `stop`. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  get url(): string {
    const host = this.#scheme === 'https' ? 'localhost' : '127.0.0.1'; // names are in certificates
    return `${this.#scheme}://${host}:${String(this.#port)}`;
  }

  /** How many requests of this kind there were. */
  count(question: Question): number {
    return this.asked.filter((one) => one.question === question).length;
  }

  /** Resolves when nobody holds a slot. */
  async free(): Promise<void> {
    await until(() => this.holders.size === 0);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    let text = '';
    try {
      for await (const chunk of request) text += String(chunk);
    } catch {
      return;
    }
    const question = /^\/(?:base\/)?v1\/(pre-reboot|steady-state)$/.exec(request.url ?? '')?.[1];
    const proper = request.method === 'POST' && request.headers['fleet-lock-protocol'] === 'true';
    if (question === undefined || !proper) return this.#refuse(response, 400, 'bad_request');
    const { id, group } = (JSON.parse(text) as { client_params: { id: string; group: string } })
      .client_params;
    await this.before?.(question as Question);
    const fault = this.fault?.(question as Question);
    if (fault === undefined || fault === 'lose') {
      const yes = this.#obey(question as Question, id);
      this.asked.push({ question: question as Question, id, group, holds: this.holders.has(id) });
      if (fault === 'lose') return void request.socket.destroy();
      if (yes) return void response.writeHead(200).end();
      const text = `${String(this.slots)} of ${String(this.slots)} slots of group \`${group}\` are taken by ${[...this.holders].join(', ')}`;
      return this.#refuse(response, 409, 'slots_taken', text);
    }
    this.asked.push({ question: question as Question, id, group, holds: this.holders.has(id) });
    if (fault === 'drop') request.socket.destroy();
    else if (fault !== 'hang') fault(response);
  }

  #obey(question: Question, id: string): boolean {
    if (question === 'steady-state') {
      this.holders.delete(id);
      for (const span of this.spans)
        if (span.id === id && span.to === Infinity) span.to = Date.now();
      return true;
    }
    if (!this.holders.has(id) && this.holders.size >= this.slots) return false;
    if (!this.holders.has(id)) this.spans.push({ id, from: Date.now(), to: Infinity });
    this.holders.add(id);
    this.mostHolders = Math.max(this.mostHolders, this.holders.size);
    return true;
  }

  #refuse(response: ServerResponse, status: number, kind: string, value: string = kind): void {
    if (this.retryAfter !== undefined) response.setHeader('retry-after', this.retryAfter);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind, value }));
  }
}

/** `fleet:` of a daemon that is in no mood to wait. */
export function fleetOf(
  server: FleetServer | string,
  more: Record<string, unknown> = {},
): { fleet: Record<string, unknown> } {
  return {
    fleet: {
      server: typeof server === 'string' ? server : server.url,
      ...{ timeout: '1s', retry: '200ms', 'healthy-after': '300ms', 'lock-patience': '300ms' },
      ...more,
    },
  };
}
