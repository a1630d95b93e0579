// Which supervisor a command asks, and with which key: from the options, from the environment that a
// supervisor gives its services, or from the daemon's own configuration.

import type { Argv } from 'yargs';
import { supervisorFromEnvironment } from '../env.js';
import { invalid, LockError } from '../errors.js';
import { readWhole, whyOf } from '../files.js';
import { Client } from '../supervisor/client.js';
import { readConfig } from '../supervisor/config.js';

export const DEFAULT_CONFIG = '/etc/lockbridge.yaml';

export function endpointOptions(y: Argv): Argv {
  return y
    .option('config', {
      alias: 'c',
      type: 'string',
      requiresArg: true,
      describe: `FILE that configures the daemon, for its address and key; ${DEFAULT_CONFIG} by default`,
    })
    .option('address', {
      type: 'string',
      requiresArg: true,
      describe: 'Where it listens: http://127.0.0.1:PORT or unix:/SOCKET; key from --key-file',
    })
    .option('key-file', { type: 'string', requiresArg: true, describe: 'FILE with the API key' })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON' });
}

/** Inside a service nothing has to be said: its environment tells. */
export function clientOf(args: Record<string, unknown>): Client {
  const { config, address } = args;
  const keyFile = args['key-file'];
  if (typeof address === 'string') {
    if (!/^(http:\/\/[^/]|unix:(\/\/)?\/)/.test(address) || !isUrl(address))
      throw invalid('--address', 'http://HOST:PORT or unix:/SOCKET', address);
    if (typeof keyFile !== 'string')
      throw new LockError('ERR_INVALID_ARGUMENT', '--address needs --key-file FILE');
    return new Client({ address, key: readKey(keyFile) });
  }
  const given = supervisorFromEnvironment();
  if (config === undefined && given !== undefined) return new Client(given);
  const { listen, keyFile: own } = readConfig(configOf(args));
  return new Client({
    address: 'path' in listen ? `unix:${listen.path}` : httpAddress(listen),
    key: readKey(typeof keyFile === 'string' ? keyFile : own),
  });
}

/** The configuration that is meant: `--config`, or the usual one. */
export function configOf({ config }: Record<string, unknown>): string {
  return typeof config === 'string' ? config : DEFAULT_CONFIG;
}

function isUrl(address: string): boolean {
  try {
    return new URL(address).href !== '';
  } catch {
    return false;
  }
}

function httpAddress({ host, port }: { host: string; port: number }): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

const MOST_KEY = 1024;

function readKey(file: string): string {
  const refuse = (why: string, cause?: unknown): LockError =>
    new LockError('ERR_UNAUTHORIZED', `cannot use the API key in '${file}': ${why}`, {
      path: file,
      cause,
    });
  let text: string | undefined;
  try {
    text = readWhole(file, MOST_KEY, true)?.text.trim();
  } catch (cause) {
    throw refuse(`${whyOf(cause)}; ask as the user that the daemon runs as`, cause);
  }
  if (text === undefined) throw refuse('there is no such file; the daemon makes it when it starts');
  // Anything else could not even be sent.
  if (!/^[\x21-\x7e]+$/.test(text)) throw refuse('it holds no key');
  return text;
}
