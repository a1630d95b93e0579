// Which supervisor a command asks, and with which key: from the options, from the environment that a
// supervisor gives its services, or from the daemon's own configuration.

import { readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import { supervisorFromEnvironment } from '../env.js';
import { LockError } from '../errors.js';
import { Client } from '../supervisor/client.js';
import { readConfig } from '../supervisor/config.js';

export const DEFAULT_CONFIG = '/etc/lockbridge.yaml';

export function endpointOptions(y: Argv): Argv {
  return y
    .option('config', {
      alias: 'c',
      type: 'string',
      requiresArg: true,
      describe: `The daemon's configuration, for its address and key; ${DEFAULT_CONFIG} by default`,
    })
    .option('address', {
      type: 'string',
      requiresArg: true,
      describe: 'http://127.0.0.1:PORT or unix:/SOCKET instead; key from --key-file',
    })
    .option('key-file', { type: 'string', requiresArg: true, describe: 'FILE with the API key' })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' });
}

/** Inside a service nothing has to be said: its environment tells. */
export function clientOf(args: Record<string, unknown>): Client {
  const { config, address } = args;
  const keyFile = args['key-file'];
  if (typeof address === 'string') {
    if (typeof keyFile !== 'string')
      throw new LockError('ERR_INVALID_ARGUMENT', '--address needs --key-file FILE');
    return new Client({ address, key: readKey(keyFile) });
  }
  const given = supervisorFromEnvironment();
  if (config === undefined && given !== undefined) return new Client(given);
  const { listen, keyFile: own } = readConfig(typeof config === 'string' ? config : DEFAULT_CONFIG);
  return new Client({
    address: 'path' in listen ? `unix:${listen.path}` : httpAddress(listen),
    key: readKey(typeof keyFile === 'string' ? keyFile : own),
  });
}

function httpAddress({ host, port }: { host: string; port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const text = `cannot read the API key in '${file}' (${why}); has the daemon run yet, and may this user read it?`;
    throw new LockError('ERR_LOCK_PERMISSION', text, { path: file, cause });
  }
}
