// What never becomes a request to a route: bytes that are not HTTP, headers without end, senders too slow,
// an Expect that nobody knows, CONNECT. Node would answer some of it without a word, and Fastify in its own.
//
// Most of it is answered by hand, because there is no response object yet. Where an answer to an earlier
// request of the same connection is under way, the connection is cut instead: bytes in the middle of it
// would be read as part of it.

import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const LINGER = 500;

const STATUS = {
  malformed: 400,
  timeout: 408,
  'expectation-failed': 417,
  'headers-too-large': 431,
} as const;

export type Odd = keyof typeof STATUS;

const OF_CODE: Readonly<Record<string, readonly [Odd, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'the headers are too large: 16 KiB at most'],
  ERR_HTTP_REQUEST_TIMEOUT: ['timeout', 'the request took too long to arrive'],
};

/** How a server words its errors: `value` is one line for people. */
export type Wording = (
  kind: Odd,
  value: string,
) => { headers: Record<string, string>; body: string };

/** For Fastify's `clientErrorHandler`: its own would close the connection before the answer has arrived. */
export const leftToUs = (): void => undefined;

/** Answers such requests of a server in its words. */
export function answerOddRequests(server: Server, wording: Wording): void {
  const canAnswer = answerable(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (socket.destroyed || socket.writableEnded) return;
    if (error.code === 'ECONNRESET' || !socket.writable || !canAnswer(socket)) {
      socket.destroy();
      return;
    }
    const [kind, value] = OF_CODE[error.code ?? ''] ?? ['malformed', 'this is not HTTP/1.1'];
    endKindly(socket, byHand(STATUS[kind], wording(kind, value)));
  });
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const kind = 'expectation-failed';
    const { headers, body } = wording(kind, 'of Expect, only 100-continue is known');
    response.writeHead(STATUS[kind], { ...headers, connection: 'close' }).end(body);
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.destroy(); // this is no proxy
  });
}

// Whether an answer can be written by hand: nothing is under way on the connection, or only a request that
// is not whole yet.
function answerable(server: Server): (socket: Duplex) => boolean {
  const underWay = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const all = underWay.get(socket) ?? new Set();
    underWay.set(socket, all.add(response));
    response.once('close', () => all.delete(response));
  });
  return (socket) => {
    const [response, second] = underWay.get(socket) ?? [];
    if (response === undefined) return true;
    return second === undefined && !response.headersSent && !response.req.complete;
  };
}

function byHand(status: number, { headers, body }: ReturnType<Wording>): string {
  const lines = Object.entries({
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}

// Closing a socket with unread bytes resets it, and the peer may lose the answer: so what still comes
// is read and dropped for a moment.
function endKindly(socket: Duplex, answer: string): void {
  socket.end(answer);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => {
    clearTimeout(timer);
  });
}
