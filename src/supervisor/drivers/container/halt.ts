// Ending a container and taking it away. What has ended or is gone already is no failure.

import { setTimeout as pause } from 'node:timers/promises';
import { CHANGE_MS, type Engine } from './engine.js';
import { statusOf } from './failure.js';

const TRIES = 5;
const PAUSE_MS = 100;

/** Lets the engine stop it: its signal to stop, and SIGKILL after `grace` ms. */
export async function haltContainer(
  engine: Engine,
  doing: string,
  id: string,
  grace: number,
): Promise<void> {
  const t = Math.ceil(grace / 1000);
  try {
    await engine.ask(
      doing,
      async (docker, abortSignal) =>
        docker.getContainer(id).stop({ t, abortSignal }) as Promise<void>,
      { limit: t * 1000 + CHANGE_MS },
    );
  } catch (error) {
    const status = statusOf(error);
    if (status !== 304 && status !== 404) throw error;
  }
}

/**
 * Removes a container by id or name, with its volumes that have no name; a running one only by `force`,
 * which kills it. An engine that is at it itself, or still busy with the end of the program (Podman
 * answers 500, Docker 409), is asked again a few times: there is no event for "may be removed now".
 */
export async function removeContainer(
  engine: Engine,
  doing: string,
  container: string,
  force: boolean,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await engine.ask(
        doing,
        async (docker) =>
          docker.getContainer(container).remove({ v: true, force }) as Promise<void>,
        { limit: CHANGE_MS },
      );
      return;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) return;
      if ((status !== 409 && status !== 500) || attempt === TRIES) throw error;
      await pause(attempt * PAUSE_MS);
    }
  }
}
