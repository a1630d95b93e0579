// lockbridge fleet serve|slots|release: how many devices of a fleet may update at once.

import type { Argv } from 'yargs';
import { LockError } from '../errors.js';
import { STORE_OPTIONS, storeOptions } from './fleet-store.js';
import type { Command } from './types.js';

const SERVE_OPTIONS: readonly string[] = [
  'listen',
  'group',
  'tls-cert',
  'tls-key',
  'tls-client-ca',
  'tls-match-id',
  'plain-http',
  'status',
  'rate',
];

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  serve: [...STORE_OPTIONS, ...SERVE_OPTIONS],
  slots: [...STORE_OPTIONS, 'which', 'json'],
  release: [...STORE_OPTIONS, 'which', 'json'],
};

export const fleetCommand: Command = {
  command: 'fleet <what> [which]',
  describe: 'Let only so many devices of a fleet update at once: a FleetLock server, and its slots',
  builder: (y) =>
    serveOptions(storeOptions(y))
      .positional('what', {
        choices: ['serve', 'slots', 'release'] as const,
        demandOption: true,
        describe: '`serve` runs the server, `slots` shows who holds what, `release` takes one back',
      })
      .positional('which', {
        type: 'string',
        describe: 'release: the id of the slot as `slots` shows it; slots: only this group',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
      .example(
        '$0 fleet serve --listen 127.0.0.1:8085 --state fleet.json --group default=3',
        'to try it out: no TLS, a state file instead of etcd',
      )
      .example(
        '$0 fleet serve --listen 0.0.0.0:443 --tls-cert c.pem --tls-key k.pem --etcd http://etcd:2379 --group default=3',
        'any number of such servers may run side by side',
      )
      .example('$0 fleet slots --etcd http://etcd:2379', 'who holds which slot, since when')
      .example(
        '$0 fleet release 1f0c9a77d3b2 --etcd http://etcd:2379',
        'of a device that will never give it back',
      ),
  run: async (args) => {
    const what = String(args['what']);
    refuseOthers(what, args);
    if (what === 'serve') return (await import('./fleet-serve.js')).serveFleet(args);
    const { showSlots, releaseSlot } = await import('./fleet-slots.js');
    return what === 'slots' ? showSlots(args) : releaseSlot(args);
  },
};

function serveOptions(y: Argv): Argv {
  const file = (describe: string) => ({ type: 'string' as const, requiresArg: true, describe });
  return y
    .option('listen', {
      type: 'string',
      requiresArg: true,
      describe: 'serve: HOST:PORT for devices',
    })
    .option('group', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'serve: a group as NAME=SLOTS, or NAME=SLOTS,max-age=2h; once for each',
    })
    .option('tls-cert', file('serve: FILE with the certificate of this server'))
    .option('tls-key', file('serve: FILE with its key'))
    .option(
      'tls-client-ca',
      file('serve: FILE; devices must have a certificate signed by one in it'),
    )
    .option('tls-match-id', {
      type: 'boolean',
      default: false,
      describe: 'serve: and its common name must be the id that they ask for',
    })
    .option('plain-http', {
      type: 'boolean',
      default: false,
      describe: 'serve: without TLS also where other machines can reach it',
    })
    .option('status', {
      type: 'string',
      requiresArg: true,
      describe: 'serve: HOST:PORT for /metrics and /health; none by default',
    })
    .option('rate', {
      type: 'string',
      requiresArg: true,
      describe: 'serve: requests a second of one address, 100 by default, 0 for any number',
    });
}

// yargs knows the options of all three together.
function refuseOthers(what: string, args: Record<string, unknown>): void {
  const own = OPTIONS[what] ?? [];
  const known = Object.values(OPTIONS).flat();
  const given = known.find(
    (name) => !own.includes(name) && args[name] !== undefined && args[name] !== false,
  );
  if (given === 'which')
    throw new LockError('ERR_INVALID_ARGUMENT', '`fleet serve` takes no further word');
  if (given !== undefined)
    throw new LockError('ERR_INVALID_ARGUMENT', `--${given} means nothing for \`fleet ${what}\``);
}
