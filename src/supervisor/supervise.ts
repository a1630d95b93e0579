// A daemon from its configuration file: the supervisor, its driver, its API, and the file under
// watch, so that what it says is what runs.

import { LockError } from '../errors.js';
import { startApi, type RunningApi } from './api/start.js';
import { readConfig, type Config } from './config.js';
import { Daemon } from './daemon/daemon.js';
import { openDriver } from './drivers/open.js';
import type { Driver } from './drivers/types.js';
import { deviceKey } from './device-key.js';
import { watchConfig } from './target/watch-file.js';
import { formatLocalTarget, parseLocalTarget } from './target/local.js';
import type { JournalEntry } from './types.js';

export interface SuperviseOptions {
  /** Runs the services; by default the one that the configuration names. */
  driver?: Driver;
  /** Called for each entry of the journal, when it is written. */
  onEntry?: (entry: JournalEntry) => void;
  onWarning?: (text: string) => void;
}

/** A daemon that runs; `close` lets go of the services without stopping them. */
export interface Supervision extends AsyncDisposable {
  readonly daemon: Daemon;
  /** Where its API listens: `http://127.0.0.1:48484`, or `unix:/run/lockbridge.sock`. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts what the configuration in `file` says. LockError if it is not usable. */
export async function supervise(
  file: string,
  { driver, onEntry, onWarning = () => undefined }: SuperviseOptions = {},
): Promise<Supervision> {
  const config = readConfig(file);
  const daemon = new Daemon(config, {
    driver: driver ?? (await openDriver(config)),
    deviceKey: deviceKey(config),
    onWarning,
  });
  if (onEntry !== undefined) daemon.journal.on(onEntry);
  let api: RunningApi | undefined;
  try {
    api = await startApi(daemon, {
      listen: config.api.listen,
      parseTarget: parseLocalTarget,
      formatTarget: formatLocalTarget,
      onWarning,
    });
    daemon.takeConfig(config);
    await daemon.begin(api.address.startsWith('http:') ? api.address : undefined);
  } catch (error) {
    await api?.close();
    await daemon.close();
    throw error;
  }
  const { address } = api;
  const watch = watchConfig(file, (next) => {
    reload(daemon, config, next, onWarning);
  });
  const close = async (): Promise<void> => {
    watch.close();
    await api.close();
    await daemon.close();
  };
  return { daemon, address, close, [Symbol.asyncDispose]: close };
}

// What a file that changed means now; what only counts at the start is said to be left out.
function reload(
  daemon: Daemon,
  config: Config,
  next: Config | LockError,
  onWarning: (text: string) => void,
): void {
  if (LockError.is(next)) {
    onWarning(`the configuration is left as it was: ${next.message}`);
    return;
  }
  const { root, state, driver, socket, api, commands } = config;
  const fixed = { root, state, driver, socket, api, commands };
  for (const [key, value] of Object.entries(fixed))
    if (JSON.stringify(value) !== JSON.stringify(next[key as keyof typeof fixed]))
      onWarning(`'${key}' has changed in the configuration: restart the daemon for that`);
  daemon.takeConfig(next);
}
