// A daemon from its configuration file: the supervisor, its driver, its API, and the file under
// watch, so that what it says is what runs.

import { mkdirSync } from 'node:fs';
import { LockError } from '../errors.js';
import { startApi, type Api } from './api/start.js';
import { readConfig, type Config } from './config.js';
import { Daemon } from './daemon/daemon.js';
import { openDriver } from './drivers/open.js';
import type { Driver } from './drivers/types.js';
import { deviceKey } from './key.js';
import { ConfigWatch, type ConfigListener } from './target/watch-file.js';
import { parseLocalTarget, toLocalTarget } from './target/local.js';
import type { JournalEntry } from './types.js';

export interface SuperviseOptions {
  /** Runs the services; by default the one that the configuration names. */
  driver?: Driver;
  /** Called for each entry of the journal, when it is written. */
  onEntry?: (entry: JournalEntry) => void;
  onWarning?: (text: string) => void;
  /** Called once, when it is the only daemon of its state and listens, before anything is done. */
  onBegin?: (config: Config, address: string) => void;
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
  { driver, onEntry, onBegin, onWarning = () => undefined }: SuperviseOptions = {},
): Promise<Supervision> {
  // Before it is read, so that no change is missed.
  let changed: ConfigListener = () => undefined;
  const watch = new ConfigWatch(file, (next) => {
    changed(next);
  });
  try {
    const config = readConfig(file);
    mkdirSync(config.state, { recursive: true, mode: 0o700 });
    const daemon = new Daemon(config, {
      driver: driver ?? (await openDriver(config)),
      deviceKey: deviceKey(config.keyFile),
      onWarning,
    });
    if (onEntry !== undefined) daemon.journal.on(onEntry);
    const api = await serve(daemon, config, { onWarning, ...(onBegin && { onBegin }) });
    daemon.beforeUpdate = () => {
      watch.check();
    };
    changed = (next) => {
      reload(daemon, config, next, onWarning);
    };
    const close = async (): Promise<void> => {
      watch.close();
      await api.close();
      await daemon.close();
    };
    return { daemon, address: addressOf(config, api), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    watch.close();
    throw error;
  }
}

function addressOf({ listen }: Config, api: Api): string {
  return 'path' in listen ? `unix:${api.address}` : api.address;
}

async function serve(
  daemon: Daemon,
  config: Config,
  { onWarning, onBegin }: { onWarning: (text: string) => void } & Pick<SuperviseOptions, 'onBegin'>,
): Promise<Api> {
  let api: Api | undefined;
  try {
    api = await startApi(daemon, {
      listen: config.listen,
      parseTarget: (body) =>
        parseLocalTarget(body, { driver: config.driver, fallbackName: config.target.name }),
      formatTarget: toLocalTarget,
      onWarning,
    });
    onBegin?.(config, addressOf(config, api));
    daemon.takeConfig(config);
    await daemon.begin('path' in config.listen ? undefined : api.address);
    return api;
  } catch (error) {
    await api?.close();
    await daemon.close();
    throw error;
  }
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
  const { root, state, driver, socket, listen, keyFile, commands, fleet } = config;
  const fixed = { root, state, driver, socket, listen, keyFile, commands, fleet };
  for (const [key, value] of Object.entries(fixed))
    if (JSON.stringify(value) !== JSON.stringify(next[key as keyof typeof fixed]))
      onWarning(`'${key}' has changed in the configuration: restart the daemon for that`);
  daemon.takeConfig(next);
}
