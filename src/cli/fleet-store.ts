// Where the semaphores of a fleet are: etcd or a state file, as the options say.
//
// The commands go there themselves and not through a server: whoever may write to etcd can do all that
// they do anyway, no second kind of key has to be kept, devices have no administrative paths within their
// reach, and the commands work when every server is down.

import type { Argv } from 'yargs';
import { invalid, LockError } from '../errors.js';
import { readWhole, whyOf } from '../files.js';
import { checkPem, readPem, type PemTexts } from '../fleet/pem.js';
import { etcdStore } from '../fleet/store/etcd.js';
import { fileStore } from '../fleet/store/file.js';
import type { Store } from '../fleet/store/types.js';

const MOST_PASSWORD = 4096;

/** Names of the options here. */
export const STORE_OPTIONS: readonly string[] = [
  'etcd',
  'etcd-ca',
  'etcd-cert',
  'etcd-key',
  'etcd-user',
  'etcd-password-file',
  'state',
];

export function storeOptions(y: Argv): Argv {
  return y
    .option('etcd', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Members of the etcd cluster: http://HOST:PORT, several with commas between',
    })
    .option('etcd-ca', {
      type: 'string',
      requiresArg: true,
      describe: "FILE with the certificates that etcd's is checked against",
    })
    .option('etcd-cert', {
      type: 'string',
      requiresArg: true,
      describe: 'FILE with our certificate for etcd',
    })
    .option('etcd-key', { type: 'string', requiresArg: true, describe: 'FILE with its key' })
    .option('etcd-user', {
      type: 'string',
      requiresArg: true,
      describe: 'Name of a user of etcd; with --etcd-password-file',
    })
    .option('etcd-password-file', {
      type: 'string',
      requiresArg: true,
      describe: 'FILE with its password',
    })
    .option('state', {
      type: 'string',
      requiresArg: true,
      describe: 'FILE instead of etcd: for one machine, to try it out',
    });
}

/** The store that is meant. LockError (ERR_INVALID_ARGUMENT) unless exactly one is. */
export function storeOf(args: Record<string, unknown>): Store {
  const { etcd, state } = args;
  if ((etcd === undefined) === (state === undefined))
    throw new LockError(
      'ERR_INVALID_ARGUMENT',
      'say where the slots are: --etcd URL or --state FILE',
    );
  if (typeof state === 'string') {
    const odd = STORE_OPTIONS.find((name) => name.startsWith('etcd-') && args[name] !== undefined);
    if (odd !== undefined)
      throw new LockError('ERR_INVALID_ARGUMENT', `--${odd} means nothing with --state`);
    return fileStore(state);
  }
  const tls = {
    ...pemOf(args, 'etcd-ca', 'ca'),
    ...pemOf(args, 'etcd-cert', 'cert'),
    ...pemOf(args, 'etcd-key', 'key'),
  };
  const user = userOf(args);
  const endpoints = endpointsOf(etcd);
  if ((tls.cert === undefined) !== (tls.key === undefined))
    throw new LockError('ERR_INVALID_ARGUMENT', '--etcd-cert and --etcd-key go together');
  if (Object.keys(tls).length > 0 && endpoints.some((url) => url.startsWith('http:')))
    throw new LockError('ERR_INVALID_ARGUMENT', '--etcd-ca, -cert and -key are for https:// only');
  mustBeUsable(tls, 'the certificates for etcd');
  return etcdStore({ endpoints, tls, ...(user && { user }) });
}

function endpointsOf(etcd: unknown): string[] {
  const words = (Array.isArray(etcd) ? etcd : [etcd]).flatMap((word) => String(word).split(','));
  return words.map((word) => {
    const url = URL.canParse(word) ? new URL(word) : undefined;
    // Said without what came: a password does not belong into a log.
    if (url !== undefined && url.username + url.password !== '')
      throw new LockError(
        'ERR_INVALID_ARGUMENT',
        '--etcd must hold no user and password; use --etcd-user and --etcd-password-file',
      );
    const usable =
      (url?.protocol === 'http:' || url?.protocol === 'https:') &&
      url.pathname === '/' &&
      url.search + url.hash === '';
    if (!usable) throw invalid('--etcd', 'http://HOST:PORT or https://HOST:PORT', word);
    return url.origin;
  });
}

function userOf(args: Record<string, unknown>): { name: string; password: string } | undefined {
  const name = args['etcd-user'];
  const file = args['etcd-password-file'];
  if ((name === undefined) !== (file === undefined))
    throw new LockError('ERR_INVALID_ARGUMENT', '--etcd-user and --etcd-password-file go together');
  if (typeof name !== 'string') return undefined;
  return { name, password: textOf('etcd-password-file', String(file), readText).trimEnd() };
}

/** The text of a file that an option names, under another name; nothing if it is not given. */
export function pemOf<Name extends string>(
  args: Record<string, unknown>,
  option: string,
  name: Name,
): { [name in Name]?: string } {
  const file = args[option];
  if (typeof file !== 'string') return {};
  return { [name]: textOf(option, file, readPem) } as { [name in Name]?: string };
}

/** LockError (ERR_INVALID_ARGUMENT) that says why `what` cannot be used. */
export function mustBeUsable(texts: PemTexts, what: string): void {
  try {
    checkPem(texts);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : whyOf(cause);
    throw new LockError('ERR_INVALID_ARGUMENT', `${what} cannot be used: ${why}`, { cause });
  }
}

function textOf(option: string, path: string, read: (path: string) => string): string {
  try {
    return read(path);
  } catch (cause) {
    const text = `cannot read '${path}' of --${option}: ${whyOf(cause)}`;
    throw new LockError('ERR_INVALID_ARGUMENT', text, { path, cause });
  }
}

function readText(path: string): string {
  const text = readWhole(path, MOST_PASSWORD, true)?.text;
  if (text === undefined) throw new Error('there is no such file');
  return text;
}
