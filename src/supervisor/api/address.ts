// Where the API may listen: this machine only. Keys travel in clear, so a network is refused.

import { isIPv4 } from 'node:net';
import { invalid } from '../../errors.js';

/** A loopback address and a port (0: any that is free), or the path of a unix socket. */
export type Listen = { host: string; port: number } | { path: string };

/** Whether only this machine reaches it; of names nobody knows. */
export function isLoopback(host: string): boolean {
  return host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * The same, checked. `localhost` is 127.0.0.1. LockError (ERR_INVALID_ARGUMENT) for anything that
 * others than this machine could reach.
 */
export function checkListen(listen: Listen): Listen {
  if ('path' in listen) return listen;
  const host = listen.host === 'localhost' ? '127.0.0.1' : listen.host;
  if (!isLoopback(host))
    throw invalid('listen.host', 'a loopback address (127.0.0.1 or ::1); use a unix socket', host);
  const { port } = listen;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalid('listen.port', 'an integer from 0 to 65535', port);
  return { host, port };
}
