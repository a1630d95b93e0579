// lockbridge sweep DIR…: removes what is provably nobody's, and says what it left and why.

import { EXIT, LockError } from '../errors.js';
import { containersOf, nameContainers } from '../inspect/engine.js';
import type { LockHistory } from '../inspect/history.js';
import type { Inspection } from '../inspect/types.js';
import { breakSync } from '../lock/break.js';
import { printableLine } from '../printable.js';
import { historyOf, historyOption } from './history-option.js';
import { commonOptions, emptyOf } from './options.js';
import { printJson } from './output.js';
import { whoShort } from './people.js';
import { lookBelow } from './places.js';
import type { Command } from './types.js';

interface Swept {
  path: string;
  done: 'removed' | 'would-remove' | 'left' | 'failed';
  verdict: Inspection['verdict'];
  why: string;
}

export const sweepCommand: Command = {
  command: 'sweep <dir..>',
  describe: 'Remove what is provably nobody’s below directories: stale locks and residue',
  builder: (y) =>
    historyOption(commonOptions(y))
      .positional('dir', { type: 'string', describe: 'Directories to sweep' })
      .option('dry-run', {
        alias: 'n',
        type: 'boolean',
        default: false,
        describe: 'Only say what would be removed',
      })
      .example('$0 sweep /tmp/balena-supervisor/services', 'exit code 1 if something resisted')
      .example(
        '$0 sweep --state /data/locks.json /data',
        'at every boot: what an earlier one left',
      ),
  run: async (args) => {
    const history = await historyOf(args);
    const options = { ...emptyOf(args), ...(history && { history }) };
    const dry = args['dryRun'] === true;
    const found = lookBelow(args, false, options);
    await nameContainers(found.flatMap(containersOf));
    const swept = found.map((seen): Swept => sweepOne(seen, options, dry));
    if (history !== undefined && !dry) {
      history.note(lookBelow(args, false, options));
      history.save();
    }
    if (args['json'] === true) printJson(swept);
    else process.stdout.write(`${swept.map(line).join('')}${summary(swept)}\n`);
    const failed = swept.some(({ done }) => done === 'failed');
    return failed ? EXIT.conflict : EXIT.ok;
  },
};

function sweepOne(seen: Inspection, options: { history?: LockHistory }, dry: boolean): Swept {
  const { path, verdict, id, evidence } = seen;
  const why = evidence.at(-1)?.text ?? '';
  if (verdict === 'free' || verdict === 'held') {
    const who = whoShort(seen);
    return { path, verdict, done: 'left', why: who === '-' ? why : `${who}: ${why}` };
  }
  if (dry) return { path, verdict, done: 'would-remove', why };
  try {
    breakSync(path, { ...options, ...(id !== undefined && { id }) });
    return { path, verdict, done: 'removed', why };
  } catch (error) {
    if (!LockError.is(error)) throw error;
    return { path, verdict, done: 'failed', why: error.message };
  }
}

const line = ({ done, path, verdict, why }: Swept): string =>
  `${done.padEnd(12)}  ${printableLine(path)}  ${verdict}: ${printableLine(why)}\n`;

function summary(swept: readonly Swept[]): string {
  const count = (done: Swept['done']): number => swept.filter((one) => one.done === done).length;
  const parts = (['removed', 'would-remove', 'left', 'failed'] as const)
    .map((done) => `${String(count(done))} ${done}`)
    .filter((part) => !part.startsWith('0 '));
  return parts.length === 0 ? 'no locks' : parts.join(', ');
}
