// lockbridge ls [DIR…]: every lock below some directories, a line each.

import picocolors from 'picocolors';
import { EXIT } from '../errors.js';
import { containersOf, nameContainers } from '../inspect/engine.js';
import type { Inspection } from '../inspect/types.js';
import { columns } from './columns.js';
import { historyOf, historyOption } from './history-option.js';
import { commonOptions, emptyOf } from './options.js';
import { inColor } from './color.js';
import { printJson } from './output.js';
import { age, whoShort } from './people.js';
import { lookBelow } from './places.js';
import type { Command } from './types.js';

const KEYS = ['path', 'verdict', 'protocol', 'holder', 'age'] as const;
type Key = (typeof KEYS)[number];

export const lsCommand: Command = {
  command: 'ls [dir..]',
  describe: 'List every lock below the usual places, or below the directories given',
  builder: (y) =>
    historyOption(commonOptions(y))
      .positional('dir', { type: 'string', describe: 'Directories to look below' })
      .option('sort', { choices: KEYS, default: 'path', describe: 'Order of the lines' })
      .option('reverse', { type: 'boolean', default: false, describe: 'The other way round' })
      .option('all', {
        type: 'boolean',
        default: false,
        describe: 'Every file, not only those named like a lock or with a kernel lock on them',
      })
      .example('$0 ls', 'the update locks of this device')
      .example('$0 ls --sort age --reverse /data', 'the oldest first'),
  run: async (args) => {
    const history = historyOf(args);
    const options = { ...emptyOf(args), ...(history && { history }) };
    const seen = lookBelow(args, args['all'] === true, options);
    await nameContainers(seen.flatMap(containersOf));
    const sorted = order(seen, args['sort'] as Key);
    if (args['reverse'] === true) sorted.reverse();
    if (args['json'] === true) printJson(sorted);
    else process.stdout.write(sorted.length === 0 ? 'no locks\n' : `${table(sorted)}\n`);
    return EXIT.ok;
  },
};

const text: Readonly<Record<Exclude<Key, 'age'>, (seen: Inspection) => string>> = {
  path: ({ path }) => path,
  verdict: ({ verdict, by }) => `${verdict} ${by ?? ''}`,
  protocol: ({ protocol = '' }) => protocol,
  holder: whoShort,
};

function order(seen: readonly Inspection[], key: Key): Inspection[] {
  if (key === 'age')
    return seen.toSorted(
      (a, b) => Date.parse(b.since?.at ?? '') - Date.parse(a.since?.at ?? '') || 0,
    );
  const of = text[key];
  return seen.toSorted((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0));
}

function table(seen: readonly Inspection[]): string {
  const color = picocolors.createColors(inColor());
  const paint = { free: color.dim, held: color.yellow, stale: color.green, residue: color.green };
  const rows = seen.map((one): string[] => {
    const { path, verdict, by, protocol, since, record, holders, orphans } = one;
    const waiting = holders.filter(({ role }) => role === 'waits').length;
    const notes = [
      record?.reason ?? '',
      waiting === 0 ? '' : `(${String(waiting)} waiting)`,
      orphans.length === 0 ? '' : color.red(`(${String(orphans.length)} ORPHANED)`),
    ];
    return [
      path,
      paint[verdict](by === undefined ? verdict : `${verdict} ${by}`),
      protocol ?? '-',
      whoShort(one),
      since === undefined ? '-' : age(since.at) || 'in the future',
      notes.filter((note) => note !== '').join(' '),
    ];
  });
  return columns([['PATH', 'VERDICT', 'PROTOCOL', 'HOLDER', 'AGE', 'REASON'], ...rows]);
}
