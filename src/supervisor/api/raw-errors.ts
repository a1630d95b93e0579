// Answers to what never becomes a request: bytes that are not HTTP, headers without end, senders too
// slow. Written by hand, because there is no response object yet.
//
// Where an answer to an earlier request of the same connection is under way, the connection is cut
// instead: bytes in the middle of it would be read as part of it.

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { KINDS, type Kind } from './kinds.js';

const LINGER = 500;

const OF_CODE: Readonly<Record<string, readonly [Kind, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'the headers are too large: 16 KiB at most'],
  ERR_HTTP_REQUEST_TIMEOUT: ['timeout', 'the request took too long to arrive'],
};

/** The body of an error that has no route. */
export function bareError(kind: Kind, value: string): string {
  return JSON.stringify({ kind, value, status: 'failed', message: value });
}

function rawAnswer(kind: Kind, value: string): string {
  const body = bareError(kind, value);
  const status = KINDS[kind];
  return [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    `Error-Kind: ${kind}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
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

/** Fastify's clientErrorHandler. */
export function clientError(
  canAnswer: (socket: Duplex) => boolean,
): (error: Error & { code?: string }, socket: Duplex) => void {
  return (error, socket) => {
    if (socket.destroyed || socket.writableEnded) return;
    if (error.code === 'ECONNRESET' || !socket.writable || !canAnswer(socket)) {
      socket.destroy();
      return;
    }
    const [kind, value] = OF_CODE[error.code ?? ''] ?? ['malformed', 'this is not HTTP/1.1'];
    endKindly(socket, rawAnswer(kind, value));
  };
}
