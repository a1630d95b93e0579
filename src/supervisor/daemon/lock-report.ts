// Every lock of the supervised services, as `/locks` tells it.

import { LockError } from '../../errors.js';
import { containersOf, nameContainers } from '../../inspect/engine.js';
import { inspectAllSync } from '../../inspect/inspect.js';
import { lockPlaces } from '../locks/places.js';
import type { UpdateLocksOptions } from '../locks/types.js';
import type { LockReport } from '../types.js';
import type { App } from './app.js';

/** What is at each lock path of the app that is not free. `socket`: the engine's, if it is named. */
export async function locksOf(
  app: App,
  { history, root }: UpdateLocksOptions,
  socket?: string,
): Promise<LockReport[]> {
  const places = lockPlaces([app.lockable()], { ...(root !== undefined && { root }) });
  const seen = inspectAllSync(
    places.map(({ path }) => path),
    history && { history },
  );
  const reports: LockReport[] = [];
  for (const [at, { service }] of places.entries()) {
    const one = seen[at];
    if (one === undefined || LockError.is(one) || one.verdict === 'free') continue;
    const exited = service === undefined ? undefined : app.exited(service);
    const since = Date.parse(one.since?.at ?? '');
    // Not where we wait ourselves, for an update.
    const ours = one.holders.some(({ role, pid }) => role === 'holds' && pid === process.pid);
    reports.push({
      ...one,
      app: app.id,
      ...(service !== undefined && { service: { app: app.id, service } }),
      ...(exited && { exited }),
      ...(Number.isNaN(since) ? {} : { age: Math.max(0, Math.round((Date.now() - since) / 1000)) }),
      ...(one.record && { reason: one.record.reason }),
      ...(ours && { ours: true }),
    });
  }
  await nameContainers(
    reports.flatMap((report) => containersOf(report)),
    socket,
  );
  return reports;
}
