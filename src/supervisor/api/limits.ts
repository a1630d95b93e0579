// What one client, or all of them together, may cost the supervisor.

export interface Limits {
  /** Bytes of a request's body. */
  body: number;
  /** Milliseconds to send a whole request; a slower one is answered with 408. */
  request: number;
  /** Milliseconds that a connection may lie idle between two requests. */
  keepAlive: number;
  /** Milliseconds without progress while an answer is sent; then the connection is cut. */
  answer: number;
  /** Connections at once; one more is closed unanswered. */
  connections: number;
  /** Event streams at once; one more gets 503. */
  streams: number;
  /** Bytes that may wait for one reader of events; then its connection is cut. */
  unsent: number;
  /** Milliseconds between two signs of life on an event stream. */
  heartbeat: number;
  /** Milliseconds that closing waits for answers under way. */
  closing: number;
}

export const LIMITS: Limits = {
  body: 64 * 1024,
  request: 10_000,
  keepAlive: 5_000,
  answer: 30_000,
  connections: 256,
  streams: 64,
  unsent: 256 * 1024,
  heartbeat: 15_000,
  closing: 2_000,
};
