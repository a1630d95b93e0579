// All containers of ours that an engine has, each looked at on its own: the engine's list knows neither
// when one ended nor how.

import type { ContainerInspectInfo } from 'dockerode';
import type { Instance } from '../types.js';
import type { Engine } from './engine.js';
import { statusOf } from './failure.js';
import { instanceOf } from './instance.js';
import type { Filter } from './labels.js';

const AT_ONCE = 8;

export interface Listing {
  instances: Instance[];
  /** Made and never started: what a daemon left that was killed in between, or one that is starting. */
  neverStarted: { id: string; name: string }[];
}

/** A container as it is now; undefined if the engine has it no more. */
export async function inspectContainer(
  engine: Engine,
  id: string,
): Promise<ContainerInspectInfo | undefined> {
  const doing = `cannot look at container ${id.slice(0, 12)}`;
  try {
    return await engine.ask(doing, async (docker, abortSignal) =>
      docker.getContainer(id).inspect({ abortSignal }),
    );
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Running and exited ones, in the engine's order. */
export async function listContainers(engine: Engine, filters: Filter): Promise<Listing> {
  const found = await engine.ask('cannot list containers', async (docker, abortSignal) =>
    docker.listContainers({ all: true, filters: { ...filters }, abortSignal }),
  );
  const listing: Listing = { instances: [], neverStarted: [] };
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE);
    const seen = await Promise.all(some.map(async ({ Id }) => inspectContainer(engine, Id)));
    for (const container of seen) {
      if (container === undefined) continue;
      const instance = instanceOf(container);
      if (instance === 'never-started')
        listing.neverStarted.push({ id: container.Id, name: container.Name.replace(/^\//, '') });
      else if (instance !== undefined) listing.instances.push(instance);
    }
  }
  return listing;
}
