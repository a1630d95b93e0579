// etcd's JSON gateway: the v3 API as POST requests, on the same port as gRPC. Two of its calls and a
// password are all that is needed, so no client library is.
//
// Every call that is made here can be repeated without harm (reads, and writes that are conditioned on
// a version), so what failed at one endpoint is tried at the next one until the time is up.
// Guarantee: a call ends in time, and no answer is read beyond its limit.

import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { printable } from '../../printable.js';
import { storeError } from './types.js';

export interface GatewayOptions {
  /** `http://HOST:PORT` or `https://…`, each of them a member of one cluster. */
  endpoints: readonly string[];
  /** PEM texts: who may have signed etcd's certificate, and ours for etcd. */
  tls?: { ca?: string; cert?: string; key?: string };
  user?: { name: string; password: string };
  /** Milliseconds for one try at one endpoint, and for all of them. */
  timeouts?: { attempt: number; call: number };
}

const TIMEOUTS = { attempt: 1500, call: 5000 };
const MOST_BYTES = 16 * 2 ** 20;
const SOCKETS = 16;
const PAUSE = 50;

// Codes of gRPC that another try may cure.
const PASSING: ReadonlySet<number> = new Set([1, 4, 10, 14]);
// A token that is over, or (with --auth-token=jwt) of before users or roles were last changed; that has the
// code of an argument that is not usable.
const UNAUTHENTICATED = 16;
const OLD_TOKEN = /revision of auth store is old/;
// This one arrives as code 2: the member has lost its leader in the middle of a call.
const LEADER = /leader|timed out|stopped|server is not/i;

interface Answer {
  status: number;
  body: unknown;
}

/** Why one try did not give an answer. */
class Failure extends Error {
  readonly passing: boolean;
  readonly code: number | undefined;

  constructor(text: string, { passing, code }: { passing: boolean; code?: number }) {
    super(text);
    this.passing = passing;
    this.code = code;
  }
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #timeouts: { attempt: number; call: number };
  readonly #plain: Agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  readonly #tls: TlsAgent;
  #at = 0;
  #token: string | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#timeouts = options.timeouts ?? TIMEOUTS;
    this.#tls = new TlsAgent({ keepAlive: true, maxSockets: SOCKETS, ...options.tls });
  }

  /** One call, `/v3/kv/txn` for instance. LockError (ERR_FLEET_STORE) if nobody answers in time. */
  async call(path: string, body: unknown): Promise<unknown> {
    const { endpoints, user } = this.#options;
    const until = performance.now() + this.#timeouts.call;
    let authenticated = false;
    for (let tries = 1; ; tries++) {
      const endpoint = endpoints[this.#at % endpoints.length] ?? '';
      const left = Math.max(1, Math.min(this.#timeouts.attempt, until - performance.now()));
      try {
        if (user !== undefined) this.#token ??= await this.#authenticate(endpoint, user, left);
        return await this.#ask(endpoint, path, body, left);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const outdated = error.code === UNAUTHENTICATED || OLD_TOKEN.test(error.message);
        if (outdated && user !== undefined && !authenticated) {
          authenticated = true;
          this.#token = undefined;
          continue;
        }
        if (!error.passing)
          throw storeError(`etcd at ${endpoint} refuses: ${error.message}`, error);
        this.#at++;
        if (tries % endpoints.length === 0) await pause(PAUSE);
        if (performance.now() < until) continue;
        const where = endpoints.join(', ');
        throw storeError(`etcd does not answer (${where}): ${error.message}`, error);
      }
    }
  }

  close(): void {
    this.#plain.destroy();
    this.#tls.destroy();
  }

  async #authenticate(
    endpoint: string,
    { name, password }: { name: string; password: string },
    timeout: number,
  ): Promise<string> {
    const answer = await this.#ask(endpoint, '/v3/auth/authenticate', { name, password }, timeout);
    const { token } = answer as { token?: unknown };
    if (typeof token === 'string') return token;
    throw new Failure('it gives no token for the password', { passing: false });
  }

  async #ask(endpoint: string, path: string, body: unknown, timeout: number): Promise<unknown> {
    const answer = await this.#post(new URL(path, endpoint), JSON.stringify(body), timeout);
    if (answer.status === 200) return answer.body;
    const { error, code } = (answer.body ?? {}) as { error?: unknown; code?: unknown };
    const text = typeof error === 'string' ? error : `HTTP status ${String(answer.status)}`;
    const number = typeof code === 'number' ? code : undefined;
    const passing = number === undefined ? answer.status >= 500 : PASSING.has(number);
    throw new Failure(printable(text, 300), {
      passing: passing || (number === 2 && LEADER.test(text)),
      ...(number !== undefined && { code: number }),
    });
  }

  async #post(url: URL, text: string, timeout: number): Promise<Answer> {
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        reject(new Failure(error.code ?? error.message, { passing: true }));
      };
      const sent = (secure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: secure ? this.#tls : this.#plain,
        headers: {
          'content-type': 'application/json',
          ...(this.#token !== undefined && { authorization: this.#token }),
        },
      });
      const timer = setTimeout(() => {
        sent.destroy(new Error('no answer in time'));
      }, timeout);
      // Some ends are no error to Node: a server that switches to another protocol (101), for one.
      const closed = (): void => {
        failed(new Error('the connection was closed without an answer'));
      };
      sent.on('error', failed).once('close', closed);
      sent.once('close', () => {
        clearTimeout(timer);
      });
      sent.once('response', (response) => {
        sent.off('close', closed);
        read(response).then(resolve, failed);
      });
      sent.end(text);
    });
  }
}

async function read(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MOST_BYTES) throw new Error('the answer is too long');
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString();
  try {
    return { status: response.statusCode ?? 0, body: JSON.parse(text) as unknown };
  } catch {
    throw new Error('what answers is no etcd v3: its answer is not JSON');
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
