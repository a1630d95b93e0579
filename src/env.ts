// The one module that reads the environment. Read when asked, never at load.

import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where npm and Python peers of the matrix are installed. */
export function peersDir(): string {
  const { LOCKBRIDGE_PEERS_DIR, XDG_CACHE_HOME } = process.env;
  if (LOCKBRIDGE_PEERS_DIR) return LOCKBRIDGE_PEERS_DIR;
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lockbridge', 'peers');
}

/** A missing peer is a failure (LOCKBRIDGE_REQUIRE_PEERS=1). */
export function requirePeers(): boolean {
  return process.env['LOCKBRIDGE_REQUIRE_PEERS'] === '1';
}

/** The identity that the operator wants shown in records (LOCKBRIDGE_OWNER). */
export function ownerIdentity(): string | undefined {
  return process.env['LOCKBRIDGE_OWNER'];
}

/** What an empty unlocked file of unknown origin counts as (LOCKBRIDGE_EMPTY=free|held). */
export function emptyPolicy(): 'held' | 'free' | undefined {
  const value = process.env['LOCKBRIDGE_EMPTY'];
  return value === 'free' || value === 'held' ? value : undefined;
}

/** No command is to be handed over to the native lockbridge-run (LOCKBRIDGE_RUN=node). */
export function staysInNode(): boolean {
  return process.env['LOCKBRIDGE_RUN'] === 'node';
}

/** How the native lockbridge-run comes back to this very program (LOCKBRIDGE_BACK, native/run/back.cc). */
export function leaveWayBack(): void {
  process.env['LOCKBRIDGE_BACK'] = `${process.execPath}\n${process.argv[1] ?? ''}`;
}

/** The engine's socket that its clients are told to use (DOCKER_HOST, CONTAINER_HOST), if it is one. */
export function engineSocket(): string | undefined {
  const { DOCKER_HOST, CONTAINER_HOST } = process.env;
  return /^unix:\/\/(\/.*)$/.exec(DOCKER_HOST ?? CONTAINER_HOST ?? '')?.[1];
}

/**
 * The environment for a child: ours in the C locale, plus `extra`. Without extra CA certificates,
 * which Node parses at every start (84 instead of 28 ms) and no lock needs.
 */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C' };
  delete env['NODE_EXTRA_CA_CERTS'];
  return { ...env, ...extra };
}

/** The extra CA certificates, for a child that does need them: npm, which downloads. */
export function extraCertificates(): { NODE_EXTRA_CA_CERTS?: string } {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS };
}

/** The supervisor that started this service, as balena's supervisor tells it (RESIN_ on old devices). */
export function supervisorFromEnvironment(): { address: string; key: string } | undefined {
  const address =
    process.env['BALENA_SUPERVISOR_ADDRESS'] ?? process.env['RESIN_SUPERVISOR_ADDRESS'];
  const key = process.env['BALENA_SUPERVISOR_API_KEY'] ?? process.env['RESIN_SUPERVISOR_API_KEY'];
  return address && key ? { address, key } : undefined;
}

/**
 * What a service gets of the supervisor's own environment: where programs are, language, home and
 * time zone, and none of its secrets.
 */
export function serviceEnvironment(): Record<string, string> {
  const { PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } = process.env;
  const kept: Record<string, string> = { PATH };
  for (const name of ['LANG', 'HOME', 'TZ']) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
