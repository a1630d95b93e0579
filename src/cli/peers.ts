// `lockbridge peers`: which lock programs the matrix knows, which are here, how to get the others.

import Table from 'cli-table3';
import type { Argv } from 'yargs';
import { EXIT } from '../errors.js';
import { detectPeers } from '../matrix/run.js';
import { peers } from '../peers/index.js';
import { howToInstall } from '../peers/install.js';
import { bare } from '../matrix/bare.js';
import type { Install } from '../peers/types.js';
import type { Command } from './types.js';

function builder(y: Argv): Argv {
  return y
    .option('json', { type: 'boolean', describe: 'print the list as JSON' })
    .example('$0 peers', 'the table')
    .example('$0 peers --json | jq -r ".[] | select(.available | not).id"', 'what is missing');
}

/** Where a peer comes from, short: `apt: procmail`. */
function packages(install: Install = {}): string {
  const parts = Object.entries(install) as [string, readonly string[]][];
  return parts.map(([by, names]) => `${by}: ${names.join(' ')}`).join(', ');
}

async function run(args: Record<string, unknown>): Promise<number> {
  const infos = await detectPeers(peers);
  const rows = infos.map((info, at) => ({ ...info, install: howToInstall(peers[at]?.install) }));
  if (args['json'] === true) {
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
    return EXIT.ok;
  }
  const table = new Table({
    head: ['id', 'name', 'mechanism', 'version', 'package'],
    chars: bare('  '),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const [at, { id, name, mechanism, version }] of rows.entries())
    table.push([id, name, mechanism, version ?? 'missing', packages(peers[at]?.install)]);
  process.stdout.write(`${table.toString()}\n`);
  const missing = rows.filter(({ available }) => !available);
  for (const { id, reason = '', install } of missing)
    process.stdout.write(`${id}: ${reason}${install === '' ? '' : `; ${install}`}\n`);
  if (missing.some(({ install }) => install !== ''))
    process.stdout.write('`lockbridge matrix --install-peers` installs what is missing\n');
  return EXIT.ok;
}

export const peersCommand: Command = {
  command: 'peers',
  describe: 'list the lock programs that the matrix knows',
  builder,
  run,
};
