// lockbridge fleet serve: a FleetLock server in the foreground, one line on stderr for each slot that is
// taken or given back.

import { EXIT, invalid, LockError } from '../errors.js';
import { GROUP_NAME } from '../fleet/protocol.js';
import type { GroupOptions } from '../fleet/server/group-types.js';
import type { ListenAt, Tls } from '../fleet/server/types.js';
import { MOST_SLOTS } from '../fleet/store/semaphore.js';
import type { Store } from '../fleet/store/types.js';
import { printable } from '../printable.js';
import { isLoopback } from '../supervisor/api/address.js';
import { DURATION_EXPECTED, formatDuration, parseDuration } from '../supervisor/target/duration.js';
import { packageVersion } from '../version.js';
import { mustBeUsable, pemOf, storeOf } from './fleet-store.js';
import { untilAskedToEnd } from './until-asked.js';

const WHAT = {
  granted: 'taken by',
  'given-back': 'given back by',
  expired: 'is older than the group allows and was taken from',
} as const;
const LEAST_AGE = 60_000;
const MOST_RATE = 1_000_000;

/** Serves until it is asked to end. */
export async function serveFleet(args: Record<string, unknown>): Promise<number> {
  const listen = listenOf('listen', args['listen']);
  if (listen === undefined)
    throw new LockError('ERR_INVALID_ARGUMENT', 'say where to listen: --listen HOST:PORT');
  const status = listenOf('status', args['status']);
  const tls = tlsOf(args);
  if (args['plain-http'] !== true) {
    if (tls === undefined) onlyHere('listen', listen);
    if (status !== undefined) onlyHere('status', status);
  }
  const groups = groupsOf(args['group']);
  const rate = rateOf(args['rate']);
  // Loaded only now: it brings an HTTP server with it.
  const { startFleetServer } = await import('../fleet/server/start.js');
  process.stderr.on('error', () => undefined); // whoever reads what it says may go
  const ended = untilAskedToEnd();
  const store = storeOf(args);
  await lookOnce(store, args);
  const server = await startFleetServer({
    store,
    groups,
    listen,
    ...(tls && { tls }),
    ...(status && { status }),
    ...(rate !== undefined && { limits: { rate } }),
    onEvent: ({ what, group, holder: { id, slot, grant } }) => {
      const who = JSON.stringify(printable(id));
      say(`group ${group}: slot ${String(slot)} ${WHAT[what]} ${who} (id ${grant})`);
    },
    onWarning: say,
  });
  process.stderr.write(heading(server, groups));
  await ended;
  await server.close();
  return EXIT.ok;
}

// A file that cannot be used is a mistake of now; an etcd that is down will come back.
async function lookOnce(store: Store, { state }: Record<string, unknown>): Promise<void> {
  try {
    await store.all();
  } catch (error) {
    if (state !== undefined || !LockError.is(error)) throw error;
    say(`${error.message}; serving all the same, and trying again with each request`);
  }
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

function heading(
  { address, statusAddress }: { address: string; statusAddress: string | undefined },
  groups: readonly GroupOptions[],
): string {
  const lines = [
    `lockbridge ${packageVersion()}, FleetLock server`,
    ...groups.map(({ name, slots, maxAge }) => {
      const age = maxAge === undefined ? '' : `, each for ${formatDuration(maxAge)} at most`;
      return `group ${name}: ${String(slots)} ${slots === 1 ? 'slot' : 'slots'}${age}`;
    }),
    ...(statusAddress === undefined ? [] : [`status at ${statusAddress}/metrics`]),
    `listens at ${address}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const EXPECTED_GROUP = 'NAME=SLOTS or NAME=SLOTS,max-age=DURATION';

function groupsOf(given: unknown): GroupOptions[] {
  const words = (Array.isArray(given) ? given : []).map(String);
  if (words.length === 0)
    throw new LockError('ERR_INVALID_ARGUMENT', `say which groups: --group ${EXPECTED_GROUP}`);
  const groups = words.map(groupOf);
  const names = groups.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new LockError('ERR_INVALID_ARGUMENT', `--group: "${twice}" is there twice`);
  return groups;
}

function groupOf(word: string): GroupOptions {
  const [, name = '', number = '', age] = /^([^=]+)=(\d{1,6})(?:,max-age=(.+))?$/.exec(word) ?? [];
  if (!GROUP_NAME.test(name) || name.length > 128) throw invalid('--group', EXPECTED_GROUP, word);
  const slots = Number(number);
  if (slots < 1 || slots > MOST_SLOTS) {
    const most = String(MOST_SLOTS);
    throw invalid('--group', `NAME=SLOTS with 1 to ${most} slots`, word);
  }
  if (age === undefined) return { name, slots };
  const maxAge = parseDuration(age);
  if (maxAge === undefined) throw invalid('max-age of --group', DURATION_EXPECTED, age);
  if (maxAge < LEAST_AGE) throw invalid('max-age of --group', 'at least 1m', age);
  return { name, slots, maxAge };
}

function listenOf(option: string, given: unknown): ListenAt | undefined {
  if (typeof given !== 'string') return undefined;
  const [, six, host = six, port = ''] =
    /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(given) ?? [];
  if (host === undefined || Number(port) > 65_535)
    throw invalid(`--${option}`, 'HOST:PORT or [IPv6]:PORT', given);
  return { host: host === 'localhost' ? '127.0.0.1' : host, port: Number(port) };
}

function onlyHere(option: string, { host }: ListenAt): void {
  if (isLoopback(host)) return;
  const instead = option === 'listen' ? '--tls-cert and --tls-key, or ' : '';
  throw new LockError(
    'ERR_INVALID_ARGUMENT',
    `--${option} ${host} can be reached from other machines, and nothing is encrypted: give ${instead}--plain-http if that is meant`,
  );
}

function tlsOf(args: Record<string, unknown>): Tls | undefined {
  const given = {
    ...pemOf(args, 'tls-cert', 'cert'),
    ...pemOf(args, 'tls-key', 'key'),
    ...pemOf(args, 'tls-client-ca', 'clientCa'),
  };
  const { cert, key, clientCa } = given;
  const matchId = args['tls-match-id'] === true;
  if (matchId && clientCa === undefined)
    throw new LockError('ERR_INVALID_ARGUMENT', '--tls-match-id needs --tls-client-ca');
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new LockError('ERR_INVALID_ARGUMENT', 'TLS needs both --tls-cert and --tls-key');
  const tls = { cert, key, matchId, ...(clientCa !== undefined && { clientCa }) };
  mustBeUsable({ cert, key, ...(clientCa !== undefined && { ca: clientCa }) }, 'the certificates');
  return tls;
}

function rateOf(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const rate = Number(given);
  if (Number.isInteger(rate) && rate >= 0 && rate <= MOST_RATE) return rate;
  throw invalid('--rate', 'requests a second, 0 for any number', given);
}
