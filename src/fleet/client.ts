// The client's side of FleetLock: one request, one answer, whatever is at the other end.
//
// Guarantee: it never throws, takes at most the time that it is given, reads at most 64 KiB, follows no
// redirect, and says of each answer one of three things. Not protected: a server that lies. Whoever
// answers 200 grants a slot, so over a network that others can change use https with a CA of your own.

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { LockError } from '../errors.js';
import { whyOf } from '../files.js';
import { printable } from '../printable.js';
import { readPem, type PemTexts } from './pem.js';
import {
  failure,
  PRE_REBOOT,
  PROTOCOL_HEADER,
  STEADY_STATE,
  type FleetRequest,
} from './protocol.js';
import { retryAfterOf } from './client-pace.js';

const MOST_BYTES = 64 * 1024;
const MOST_TEXT = 500;
// Of the time for an answer, what is left to the server that lets a request wait in line for a slot
// (Prefer: wait, RFC 7240). Others know nothing of that and answer at once.
const ANSWERING_MS = 10_000;

/** Where a slot is asked for, and as whom. Paths are absolute. */
export interface FleetPlace {
  /** `https://fleet.example:8443`, perhaps with a path, to which the protocol's are added. */
  server: string;
  group: string;
  /** The same after a restart: a slot belongs to whoever says this. */
  id: string;
  /** PEM; only what these authorities have signed is trusted. The system's by default. */
  caFile?: string;
  /** PEM, for a server that wants to know who asks. */
  certFile?: string;
  keyFile?: string;
}

/**
 * - `ok`: granted, or given back
 * - `refused`: somebody answered, and it was no yes
 * - `unreachable`: nobody answered, or a proxy said so; the request may have arrived all the same
 */
export interface FleetAnswer {
  kind: 'ok' | 'refused' | 'unreachable';
  /** Why not, for people: what the server said, made safe for a terminal. */
  text: string;
  /** Milliseconds before which the server does not want to be asked again, within bounds. */
  retryAfter?: number;
}

export type FleetQuestion = 'pre-reboot' | 'steady-state';

const PATHS: Readonly<Record<FleetQuestion, string>> = {
  'pre-reboot': PRE_REBOOT,
  'steady-state': STEADY_STATE,
};

// What a proxy says when the server behind it is not there; with an error of the protocol it is its own.
const GATEWAY: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Asks, and gives up after `timeout` milliseconds or when `signal` fires. With `line` it would rather stand in
 * line at a server that has one than be refused at once.
 */
export async function askFleet(
  question: FleetQuestion,
  place: FleetPlace,
  { timeout, signal, line = false }: { timeout: number; signal?: AbortSignal; line?: boolean },
): Promise<FleetAnswer> {
  const { server, id, group } = place;
  try {
    const tls = tlsOptions(place);
    const url = new URL(`${server.replace(/\/+$/, '')}${PATHS[question]}`);
    const body: FleetRequest = { client_params: { id, group } };
    const wait = line ? Math.floor((timeout - ANSWERING_MS) / 1000) : 0;
    const headers = wait > 0 ? { prefer: `wait=${String(wait)}` } : {};
    const what = { body: JSON.stringify(body), headers };
    return await answerOf(url, what, tls, timeout, signal);
  } catch (error) {
    return unreachable(error);
  }
}

/**
 * The certificates and the key, as they are now: whoever renews them restarts nothing. LockError
 * (ERR_TARGET) names the file that is not usable, and why.
 */
export function tlsOptions({ caFile, certFile, keyFile }: Partial<FleetPlace>): PemTexts {
  const pem = (field: string, path: string): string => {
    try {
      return readPem(path);
    } catch (cause) {
      const text = `cannot use the ${field} '${path}' of the fleet: ${whyOf(cause)}`;
      throw new LockError('ERR_TARGET', text, { path, cause });
    }
  };
  return {
    ...(caFile !== undefined && { ca: pem('ca-file', caFile) }),
    ...(certFile !== undefined && { cert: pem('cert-file', certFile) }),
    ...(keyFile !== undefined && { key: pem('key-file', keyFile) }),
  };
}

function unreachable(error: unknown): FleetAnswer {
  // Of several addresses each has its own error, and the one that holds them has no text.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const text = first instanceof Error && first.message !== '' ? first.message : whyOf(error);
  return { kind: 'unreachable', text: printable(text, MOST_TEXT) };
}

async function answerOf(
  url: URL,
  { body, headers }: { body: string; headers: Record<string, string> },
  tls: RequestOptions,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<FleetAnswer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const sent = send(url, {
    ...tls,
    method: 'POST',
    agent: false, // no connection is kept: the next request comes in half a minute or in a month
    headers: {
      ...headers,
      [PROTOCOL_HEADER]: 'true',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    },
  });
  const cut = (why: string): void => {
    sent.destroy(new Error(why));
  };
  const timer = setTimeout(() => {
    cut(`no answer within ${String(timeout / 1000)} s`);
  }, timeout);
  const ended = (): void => {
    cut('the daemon ends');
  };
  signal?.addEventListener('abort', ended, { once: true });
  try {
    if (signal?.aborted === true) ended();
    return await new Promise<FleetAnswer>((resolve, reject) => {
      // Some ends are no error to Node: a server that switches to another protocol (101), for one.
      const closed = (): void => {
        reject(new Error('the connection was closed without an answer'));
      };
      sent.on('error', reject).once('close', closed);
      // Once there is an answer, what breaks off is its body: see textOf.
      sent.once('response', (response) => {
        sent
          .off('close', closed)
          .off('error', reject)
          .on('error', () => undefined);
        read(response).then(resolve, reject);
      });
      sent.end(body);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', ended);
    sent.destroy();
  }
}

// A yes is a yes whatever its body says, as for Zincati (any 2xx): it is not even read.
async function read(response: IncomingMessage): Promise<FleetAnswer> {
  const { statusCode: status = 0, headers } = response;
  if (status >= 200 && status < 300) return { kind: 'ok', text: '' };
  const retryAfter = retryAfterOf(headers['retry-after'], Date.now());
  const more = retryAfter === undefined ? {} : { retryAfter };
  const said = valueOf(await textOf(response));
  if (said !== undefined) return { kind: 'refused', text: said, ...more };
  const text = `the answer is ${String(status)} without an error of FleetLock`;
  return { kind: GATEWAY.has(status) ? 'unreachable' : 'refused', text, ...more };
}

// As far as it goes: of an answer that is cut short or too long, nothing.
async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MOST_BYTES) return '';
      chunks.push(chunk);
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('utf8');
}

function valueOf(text: string): string | undefined {
  try {
    const { kind, value } = failure.parse(JSON.parse(text));
    return printable(value.trim() === '' ? kind : value, MOST_TEXT);
  } catch {
    return undefined;
  }
}
