// The supervisor's HTTP API: paths and answers that clients of a balena-style supervisor know, and
// our own beside them (docs/supervisor-api.md).
//
// Reached from this machine only, with a key, within limits (limits.ts). What it guarantees: no
// request, however odd, ends the daemon, costs it without bound, or shows a key or a stack.
// Does not protect: against whoever has the device key, or an app's for what is that app's.

import type { AddressInfo } from 'node:net';
import { LockError } from '../../errors.js';
import { packageVersion } from '../../version.js';
import type { Supervisor } from '../types.js';
import { checkListen, type Listen } from './address.js';
import type { Context, Server, TargetFormat } from './context.js';
import type { OnWarning } from './errors.js';
import { LIMITS, type Limits } from './limits.js';
import { Metrics } from './metrics.js';
import { serveOpenApi } from './openapi.js';
import { openRoutes } from './routes/open.js';
import { ownRoutes } from './routes/own.js';
import { pageRoutes } from './routes/page.js';
import { targetRoutes } from './routes/target.js';
import { v1Apps } from './routes/v1-apps.js';
import { v1Device } from './routes/v1-device.js';
import { v2 } from './routes/v2.js';
import { createServer } from './server.js';
import { Streams } from './streams.js';
import { unixSocket } from './unix-socket.js';

export type { Listen, Limits, OnWarning, TargetFormat };

export interface ApiOptions extends TargetFormat {
  listen: Listen;
  onWarning: OnWarning;
  /** Others than the usual ones. */
  limits?: Partial<Limits>;
}

export interface Api {
  /** `http://127.0.0.1:48484`, or the path of the socket. */
  readonly address: string;
  /** Ends the streams, lets answers under way be sent (two seconds at most), and listens no more. */
  close(): Promise<void>;
}

async function addRoutes(app: Server, context: Context): Promise<void> {
  await serveOpenApi(app, context.version);
  for (const add of [openRoutes, v1Apps, v1Device, v2, targetRoutes, ownRoutes, pageRoutes])
    add(app, context);
  await app.ready();
}

async function listenAt(
  app: Server,
  listen: Listen,
): Promise<{ address: string; gone: () => void }> {
  try {
    if ('path' in listen) {
      const gone = await unixSocket(listen.path, (path) => app.listen({ path }));
      return { address: listen.path, gone };
    }
    await app.listen(listen);
  } catch (error) {
    if (LockError.is(error)) throw error;
    const where = 'path' in listen ? listen.path : `${listen.host} port ${String(listen.port)}`;
    const why = error instanceof Error ? error.message : String(error);
    throw new LockError('ERR_SUPERVISOR', `the API cannot listen at ${where}: ${why}`, {
      cause: error,
    });
  }
  const { address, family, port } = app.server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return { address: `http://${host}:${String(port)}`, gone: () => undefined };
}

/** Serves the API. LockError if the address is not one of this machine's, or is taken. */
export async function startApi(supervisor: Supervisor, options: ApiOptions): Promise<Api> {
  const { parseTarget, formatTarget, onWarning } = options;
  const listen = checkListen(options.listen);
  const limits = { ...LIMITS, ...options.limits };
  const app = createServer(supervisor, { limits, onWarning, overTcp: !('path' in listen) });
  const streams = new Streams(supervisor, limits);
  const metrics = new Metrics(supervisor, () => streams.count);
  const stop = async (): Promise<void> => {
    streams.close();
    metrics.close();
    const hurry = setTimeout(() => {
      app.server.closeAllConnections();
    }, limits.closing);
    await app.close().finally(() => {
      clearTimeout(hurry);
    });
  };
  try {
    const version = packageVersion();
    await addRoutes(app, { supervisor, streams, metrics, version, parseTarget, formatTarget });
    const { address, gone } = await listenAt(app, listen);
    let closing: Promise<void> | undefined;
    return { address, close: () => (closing ??= stop().finally(gone)) };
  } catch (error) {
    await stop();
    throw error;
  }
}
