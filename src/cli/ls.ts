// lockbridge ls [DIR…]: every lock below some directories, a line each.

import picocolors from 'picocolors';
import { EXIT } from '../errors.js';
import { withActions, type Sight } from '../inspect/answer.js';
import { containersOf, nameContainers } from '../inspect/engine.js';
import { printableLine } from '../printable.js';
import { historyOf, historyOption } from './history-option.js';
import { commonOptions, emptyOf } from './options.js';
import { inColor } from './color.js';
import { ageOf, whoShort } from './people.js';
import { eachBelow } from './places.js';
import { print } from './print.js';
import { isNarrow, table } from './table.js';
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
    const history = await historyOf(args);
    const options = { ...emptyOf(args), ...(history && { history }) };
    const show = args['json'] === true ? asJson : asRow;
    const keyOf = KEY[args['sort'] as Key];
    // Of most only the line is kept: ten thousand inspections take longer to keep than to make.
    const found: { key: string | number; shown: string | Row }[] = [];
    const named: [line: number, seen: Sight][] = [];
    eachBelow(args, args['all'] === true, options, (index, seen) => {
      if (containersOf(seen).length > 0) named.push([index, seen]);
      found[index] = { key: keyOf(seen), shown: show(seen) };
    });
    await nameContainers(named.flatMap(([, seen]) => containersOf(seen)));
    for (const [line, seen] of named) found[line] = { key: keyOf(seen), shown: show(seen) };
    const lines = Object.values(found); // without the gaps of what is not listed
    lines.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    if (args['reverse'] === true) lines.reverse();
    const shown = lines.map((line) => line.shown);
    print(args['json'] === true ? jsonOf(shown as string[]) : await tableOf(shown as Row[]));
    return EXIT.ok;
  },
};

type Row = readonly string[];

/** What the lines are sorted by: the oldest last. */
const KEY: Readonly<Record<Key, (seen: Sight) => string | number>> = {
  path: ({ path }) => path,
  verdict: ({ judged: { verdict, by } }) => `${verdict} ${by ?? ''}`,
  protocol: ({ judged: { protocol = '' } }) => protocol,
  holder: who,
  age: ({ when }) => (when === undefined ? Number.NaN : -when.ms),
};

const color = picocolors.createColors(inColor());
const PAINT = { free: color.dim, held: color.yellow, stale: color.green, residue: color.green };

function who({ holders, judged: { record }, service }: Sight): string {
  return whoShort({ holders, record, service });
}

function asRow(seen: Sight): Row {
  const { verdict, by, protocol = '-' } = seen.judged;
  const { when } = seen;
  return [
    printableLine(seen.path),
    PAINT[verdict](by === undefined ? verdict : `${verdict} ${by}`),
    protocol,
    who(seen),
    when === undefined ? '-' : ageOf(when.ms) || 'in the future',
    notes(seen),
  ];
}

function notes({ judged: { record }, holders, orphans }: Sight): string {
  const waiting = holders.filter(({ role }) => role === 'waits').length;
  const all = record === undefined || record.reason === '' ? [] : [record.reason];
  if (waiting > 0) all.push(`(${String(waiting)} waiting)`);
  if (orphans.length > 0) all.push(color.red(`(${String(orphans.length)} ORPHANED)`));
  return all.join(' ');
}

async function tableOf(rows: readonly Row[]): Promise<string> {
  if (rows.length === 0) return 'no locks\n';
  const all = [['PATH', 'VERDICT', 'PROTOCOL', 'HOLDER', 'AGE', 'REASON'], ...rows];
  const lines = table(all, (cell) => cell.length);
  const wide = lines.every(isNarrow) ? lines : table(all, (await import('./columns.js')).widthOf);
  return `${wide.join('\n')}\n`;
}

// One element of what JSON.stringify would make of all of them.
function asJson(seen: Sight): string {
  return JSON.stringify([withActions(seen.whole())], null, 2).slice(2, -2);
}

function jsonOf(elements: readonly string[]): string {
  return elements.length === 0 ? '[]\n' : `[\n${elements.join(',\n')}\n]\n`;
}
