// A FleetLock server: groups with a number of slots each, for clients of the protocol (Zincati, the
// supervisor of this package, and others). It keeps nothing but who waits: any number of servers may
// serve the same groups from the same store.
//
// Guarantee: never more holders than slots, whatever fails or is repeated; no slot ends by itself unless
// its group has a maximum age. Does not protect: against a device that says another's id, unless it must
// show a certificate for it.

import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { LockError } from '../../errors.js';
import { Group } from './group.js';
import { LIMITS } from './limits.js';
import { Metrics } from './metrics.js';
import { deviceServer } from './server.js';
import { statusServer } from './status.js';
import type { FleetServer, FleetServerOptions, ListenAt } from './types.js';
import { watched } from './watched.js';

/** Connections that the kernel keeps while we are busy: a fleet comes all at once after an outage. */
const BACKLOG = 4096;

/** Serves. LockError (ERR_SUPERVISOR) if it cannot listen, ERR_INVALID_ARGUMENT for unusable TLS files. */
export async function startFleetServer(options: FleetServerOptions): Promise<FleetServer> {
  const { listen, status, tls, onWarning, onEvent = () => undefined } = options;
  const limits = { ...LIMITS, ...options.limits };
  const metrics = new Metrics();
  const store = watched(options.store, metrics, onWarning);
  const groups = new Map(
    options.groups.map((one) => [
      one.name,
      new Group(store, one, (event) => {
        metrics.changes.inc({ group: event.group, change: event.what });
        onEvent(event);
      }),
    ]),
  );
  metrics.of(store, groups);
  const open: FastifyInstance[] = [];
  const close = async (): Promise<void> => {
    for (const group of groups.values()) group.close();
    const hurry = setTimeout(() => {
      for (const app of open) app.server.closeAllConnections();
    }, limits.closing);
    await Promise.all(open.map(async (app) => app.close()));
    clearTimeout(hurry);
    store.close();
  };
  try {
    const matchId = tls?.matchId === true;
    const devices = deviceServer(
      { groups, limits, metrics, matchId },
      { onWarning, ...(tls && { tls }) },
    );
    open.push(devices);
    const scheme = tls === undefined ? 'http' : 'https';
    const address = await listenAt(devices, listen, scheme);
    let statusAddress: string | undefined;
    if (status !== undefined) {
      const app = statusServer(store, metrics, limits);
      open.push(app);
      statusAddress = await listenAt(app, status, 'http');
    }
    let closing: Promise<void> | undefined;
    return { address, statusAddress, close: async () => (closing ??= close()) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listenAt(app: FastifyInstance, at: ListenAt, scheme: string): Promise<string> {
  try {
    await app.listen({ ...at, backlog: BACKLOG });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const where = `${at.host} port ${String(at.port)}`;
    throw new LockError('ERR_SUPERVISOR', `cannot listen at ${where}: ${why}`, { cause: error });
  }
  const { address, family, port } = app.server.address() as AddressInfo;
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`;
}
