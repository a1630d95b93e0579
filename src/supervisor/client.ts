// Asking a running supervisor, over a loopback port or its unix socket.

import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { LockError, type LockErrorCode } from '../errors.js';

const ANSWER_MS = 30_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** Where a supervisor listens, and the key that it wants. */
export interface Endpoint {
  /** `http://127.0.0.1:48484` or `unix:/run/lockbridge.sock`. */
  address: string;
  key: string;
}

const CODES: Readonly<Record<number, LockErrorCode>> = {
  400: 'ERR_INVALID_ARGUMENT',
  401: 'ERR_UNAUTHORIZED',
  404: 'ERR_NOT_FOUND',
  423: 'ERR_UPDATES_LOCKED',
  501: 'ERR_NOT_CONFIGURED',
};

export class Client {
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** The answer's JSON, undefined for an empty one. LockError as the status says. */
  async ask<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T> {
    const sent = this.#open(method, path, body);
    sent.setTimeout(ANSWER_MS, () => {
      sent.destroy(new Error(`no answer for ${String(ANSWER_MS / 1000)} s`));
    });
    const response = await this.#response(sent);
    const text = await this.#text(response);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw refusal(status, text);
    return (text === '' ? undefined : parsed(text)) as T;
  }

  /**
   * The server-sent events of `path` from the moment that this resolves, each as its name and data;
   * they end with `signal`, or when the other side ends them.
   */
  async events(
    path: string,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<{ event: string; data: unknown }, void>> {
    const sent = this.#open('GET', path, undefined);
    signal.addEventListener('abort', () => sent.destroy(), { once: true });
    const response = await this.#response(sent);
    if (response.statusCode !== 200)
      throw refusal(response.statusCode ?? 0, await this.#text(response));
    return untilEnded(blocks(response), signal);
  }

  #open(method: string, path: string, body: unknown): ClientRequest {
    const { address, key } = this.#endpoint;
    const socketPath = /^unix:(?:\/\/)?(\/.*)$/.exec(address)?.[1];
    const content = body === undefined ? '' : JSON.stringify(body);
    const sent = request(new URL(path, socketPath === undefined ? address : 'http://localhost'), {
      method,
      ...(socketPath !== undefined && { socketPath }),
      agent: false,
      headers: {
        authorization: `Bearer ${key}`,
        ...(content !== '' && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(content),
        }),
      },
    });
    sent.end(content);
    return sent;
  }

  async #response(sent: ClientRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      sent.once('response', resolve);
      sent.once('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code ?? cause.message;
        const text = `no supervisor answers at ${this.#endpoint.address} (${why}); is \`lockbridge supervise\` running?`;
        reject(new LockError('ERR_SUPERVISOR', text, { cause }));
      });
    });
  }

  async #text(response: IncomingMessage): Promise<string> {
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > MOST_BYTES) throw notOurs('its answer has no end');
    }
    return text;
  }
}

async function* untilEnded<T>(
  events: AsyncGenerator<T, void>,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  try {
    yield* events;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* blocks(
  response: IncomingMessage,
): AsyncGenerator<{ event: string; data: unknown }, void> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    rest += String(chunk);
    const whole = rest.split('\n\n');
    rest = whole.pop() ?? '';
    if (rest.length > MOST_BYTES) throw notOurs('an event has no end');
    for (const block of whole) {
      const event = /^event: ?(.*)$/m.exec(block)?.[1];
      const data = /^data: ?(.*)$/m.exec(block)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data: parsed(data) };
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // `OK` and the like, as balena's clients expect them
  }
}

function refusal(status: number, text: string): LockError {
  const body = parsed(text) as { value?: unknown; message?: unknown; Error?: unknown } | string;
  const said = typeof body === 'string' ? body : (body.value ?? body.message ?? body.Error);
  if (status === 401)
    return new LockError(
      'ERR_UNAUTHORIZED',
      'the supervisor refused the key (401): it is not its key, or does not open this',
    );
  const why = typeof said === 'string' && said !== '' ? said : 'no reason given';
  return new LockError(
    CODES[status] ?? 'ERR_SUPERVISOR',
    `the supervisor refused (${String(status)}): ${why}`,
  );
}

function notOurs(why: string): LockError {
  return new LockError('ERR_SUPERVISOR', `what answers is no supervisor: ${why}`);
}
