// What one client, or all of them together, may cost a fleet server.

export interface Limits {
  /** Bytes of a request's body. */
  body: number;
  /** Milliseconds to send a whole request, and for a TLS handshake; a slower one is cut. */
  request: number;
  /** Milliseconds that a connection may lie idle between two requests. */
  keepAlive: number;
  /** Milliseconds without progress while an answer is sent; then the connection is cut. */
  answer: number;
  /** Connections at once; one more is closed unanswered. */
  connections: number;
  /** Requests a second of one address on average; ten times as many at once. */
  rate: number;
  /** Milliseconds that a device may wait in one request. */
  wait: number;
  /** Milliseconds that closing waits for answers under way. */
  closing: number;
}

export const LIMITS: Limits = {
  body: 16 * 1024,
  request: 10_000,
  keepAlive: 5_000,
  answer: 30_000,
  connections: 20_000,
  rate: 100,
  wait: 60_000,
  closing: 2_000,
};
