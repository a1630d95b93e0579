// Named volumes: the engine keeps them, they belong to an app and outlive its services. Each bears its
// app's id, because two apps can come to one name ("1_a" with "b", "1" with "a_b").

import { isAbsolute } from 'node:path';
import { LockError } from '../../../errors.js';
import type { AppTarget, ServiceTarget } from '../../target/types.js';
import { CHANGE_MS, type Engine } from './engine.js';
import { statusOf } from './failure.js';
import { APP, SUPERVISED } from './labels.js';

/** What the engine calls the volume `name` of an app. */
export function volumeName(app: string, name: string): string {
  return `${app}_${name}`;
}

function namesOf(app: AppTarget, services: readonly ServiceTarget[]): string[] {
  const sources = services.flatMap(({ volumes }) => volumes.map(({ source }) => source));
  return [...new Set(sources.filter((source) => !isAbsolute(source)))].map((source) =>
    volumeName(app.id, source),
  );
}

interface VolumeAnswer {
  Labels: Record<string, string> | null;
}

// One without our label was there before us: whoever named it in the target state means it.
function ownerOf({ Labels }: VolumeAnswer): string | undefined {
  return Labels?.[APP];
}

/** Makes what there is not yet of a service's volumes. ERR_SERVICE if one is another app's. */
export async function ensureVolumes(
  engine: Engine,
  app: AppTarget,
  service: ServiceTarget,
): Promise<void> {
  for (const Name of namesOf(app, [service])) {
    const doing = `cannot make volume '${Name}' of app '${app.id}'`;
    const Labels = { [SUPERVISED]: '1', [APP]: app.id };
    const volume = await engine.ask(
      doing,
      async (docker, abortSignal) => docker.createVolume({ Name, Labels, abortSignal }),
      { limit: CHANGE_MS },
    );
    const seen = await engine.ask(doing, async () => volume.inspect());
    const owner = ownerOf(seen);
    if (owner !== undefined && owner !== app.id)
      throw new LockError(
        'ERR_SERVICE',
        `${doing}: it is app '${owner}''s; rename the volume in one of them`,
      );
  }
}

/** Removes the volumes that services of the app name; those that are not there are no failure. */
export async function removeVolumes(engine: Engine, app: AppTarget): Promise<void> {
  for (const name of namesOf(app, app.services)) {
    const doing = `cannot remove volume '${name}' of app '${app.id}'`;
    try {
      const owner = await engine.ask(doing, async (docker) =>
        ownerOf(await docker.getVolume(name).inspect()),
      );
      if (owner !== undefined && owner !== app.id) continue;
      await engine.ask(doing, async (docker) => docker.getVolume(name).remove() as Promise<void>, {
        limit: CHANGE_MS,
      });
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }
}
