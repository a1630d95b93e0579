// Making a container and starting it, or leaving nothing of it.

import type { ContainerCreateOptions } from 'dockerode';
import { LockError } from '../../../errors.js';
import type { Instance } from '../types.js';
import { CHANGE_MS, type Engine } from './engine.js';
import { removeContainer } from './halt.js';
import { instanceOf } from './instance.js';
import { inspectContainer } from './listing.js';

export interface Creation {
  name: string;
  body: ContainerCreateOptions;
}

async function createAndStart(engine: Engine, doing: string, made: Creation): Promise<Instance> {
  const id = await engine.ask(
    doing,
    async (docker, abortSignal) => {
      // The body only as a body: an URL, which is logged, is no place for a service's variables.
      const options = { _query: { name: made.name }, _body: made.body, abortSignal };
      const container = await docker.createContainer(options);
      await container.start({ abortSignal });
      return container.id;
    },
    { limit: CHANGE_MS },
  );
  const seen = await inspectContainer(engine, id);
  const instance = seen && instanceOf(seen);
  if (typeof instance === 'object') return instance;
  throw new LockError('ERR_SERVICE', `${doing}: somebody removed its container at once`);
}

/** The run, which may have ended already. ERR_SERVICE in the engine's words; then nothing is left. */
export async function runContainer(
  engine: Engine,
  doing: string,
  made: Creation,
): Promise<Instance> {
  try {
    return await createAndStart(engine, doing, made);
  } catch (error) {
    // The failure is what the caller needs; what cannot be removed now is left for the next list.
    await removeContainer(engine, doing, made.name, true).catch(() => undefined);
    throw error;
  }
}
