// Getting an image: nothing is asked of a registry if the engine has it.
//
// Not here: credentials. The engine's own are used, where it keeps some (Podman does).

import { LockError } from '../../../errors.js';
import type { FetchOptions } from '../types.js';
import type { Engine } from './engine.js';
import { statusOf, words } from './failure.js';
import { jsonLines } from './json-lines.js';

// It becomes part of an URL as it stands, so it must not be able to name another one.
const REFERENCE = /^[\w[][\w.\-/:@[\]]*$/;

function checkReference(image: string): void {
  if (REFERENCE.test(image) && !/\/\.{0,2}(\/|$)/.test(image)) return;
  throw new LockError(
    'ERR_SERVICE',
    `cannot fetch image '${words(image)}': that is no image reference; write it as NAME:TAG or NAME@sha256:DIGEST`,
  );
}

const DONE = /^(Download complete|Already exists|Verifying Checksum|Extracting|Pull complete)/;

/** How far along the layers of one pull are, each of them counting the same. */
export class Progress {
  readonly #layers = new Map<string, number>();
  #told = -1;
  readonly #tell: (percent: number) => void;

  constructor(tell: (percent: number) => void) {
    this.#tell = tell;
  }

  /** Takes a line of the engine's account; tells whole percents, each once and never fewer. */
  take(line: Readonly<Record<string, unknown>>): void {
    const { id, status, progressDetail } = line;
    // The first line bears the tag for an id, and no layer.
    if (typeof id !== 'string' || typeof status !== 'string' || status.startsWith('Pulling from'))
      return;
    const { current, total } = (progressDetail ?? {}) as { current?: number; total?: number };
    const before = this.#layers.get(id) ?? 0;
    if (DONE.test(status)) this.#layers.set(id, 1);
    else if (total !== undefined && total > 0)
      this.#layers.set(id, Math.max(before, Math.min(1, (current ?? 0) / total)));
    else this.#layers.set(id, before);
    const sum = [...this.#layers.values()].reduce((a, b) => a + b, 0);
    const percent = Math.floor((100 * sum) / this.#layers.size);
    if (percent > this.#told) this.#tell((this.#told = percent));
  }
}

async function has(engine: Engine, image: string): Promise<boolean> {
  try {
    const doing = `cannot look for image '${image}'`;
    await engine.ask(doing, async (docker) => docker.getImage(image).inspect());
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** The engine has the image after this. ERR_SERVICE if it cannot get it, ERR_LOCK_ABORTED by the signal. */
export async function fetchImage(
  engine: Engine,
  image: string,
  { signal, onProgress }: FetchOptions,
): Promise<void> {
  checkReference(image);
  if (await has(engine, image)) return;
  const doing = `cannot fetch image '${image}'`;
  const progress = new Progress((percent) => onProgress?.(percent));
  try {
    await engine.ask(
      doing,
      async (docker, abortSignal) => {
        const stream = await docker.pull(image, { abortSignal });
        for await (const line of jsonLines(stream)) {
          if (typeof line['error'] === 'string')
            throw new LockError('ERR_SERVICE', `${doing}: ${words(line['error'])}`);
          progress.take(line);
        }
      },
      { limit: Infinity, ...(signal && { signal }) },
    );
  } catch (error) {
    if (signal?.aborted === true)
      throw new LockError('ERR_LOCK_ABORTED', `${doing}: aborted`, { cause: signal.reason });
    throw error;
  }
  if (!(await has(engine, image)))
    throw new LockError('ERR_SERVICE', `${doing}: the engine fetched it and does not have it`);
}
