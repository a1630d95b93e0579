// lockbridge history: what the supervisor did, whom it waited for, and what it overrode. Without a
// daemon that runs, which is when one wants to know most, its journal is read where it lies.

import { supervisorFromEnvironment } from '../env.js';
import { EXIT, invalid, LockError } from '../errors.js';
import { JOURNAL_KINDS } from '../supervisor/journal/entry.js';
import type { JournalEntry } from '../supervisor/types.js';
import { clientOf, configOf, endpointOptions } from './endpoint.js';
import { entryText } from './journal-line.js';
import { printJson, warn } from './output.js';
import type { Command } from './types.js';

const MOST = 10_000;

export const historyCommand: Command = {
  command: 'history',
  describe: 'What the supervisor did, whom it waited for and what it overrode',
  builder: (y) =>
    endpointOptions(y)
      .option('number', {
        alias: 'n',
        type: 'number',
        default: 100,
        requiresArg: true,
        describe: 'At most so many entries, the latest',
      })
      .option('app', { type: 'string', requiresArg: true, describe: 'Only of this app' })
      .option('kind', {
        choices: JOURNAL_KINDS,
        array: true,
        requiresArg: true,
        describe: 'Only of this kind (can be repeated)',
      })
      .example('$0 history -n 20', 'the latest twenty entries')
      .example('$0 history --kind override --json', 'who overrode whose lock')
      .example('$0 history -c press.yaml', 'also when the daemon of press.yaml does not run'),
  run: async (args) => {
    const number = args['number'];
    if (!Number.isInteger(number) || Number(number) < 1 || Number(number) > MOST)
      throw invalid('--number', `an integer from 1 to ${String(MOST)}`, number);
    const { app } = args;
    const kinds = Array.isArray(args['kind']) ? args['kind'].map(String) : undefined;
    const filtered = app !== undefined || kinds !== undefined;
    // What is left out here must not count against the number.
    const entries = await entriesOf(args, filtered ? MOST : Number(number));
    const shown = entries
      .filter((entry) => app === undefined || entry.app === app)
      .filter(({ kind }) => kinds === undefined || kinds.includes(kind))
      .slice(-Number(number));
    if (args['json'] === true) printJson(shown);
    else process.stdout.write(shown.map((entry) => entryText(entry, process.stdout)).join(''));
    return EXIT.ok;
  },
};

async function entriesOf(args: Record<string, unknown>, most: number): Promise<JournalEntry[]> {
  try {
    const path = `/history?most=${String(most)}`;
    return (await clientOf(args).ask<{ entries: JournalEntry[] }>('GET', path)).entries;
  } catch (error) {
    if (!LockError.is(error) || error.code !== 'ERR_SUPERVISOR') throw error;
    const elsewhere = args['config'] === undefined && supervisorFromEnvironment() !== undefined;
    if (args['address'] !== undefined || elsewhere) throw error;
    // Loaded only now: most of the time a daemon answers.
    const { readConfig } = await import('../supervisor/config.js');
    const { readJournal } = await import('../supervisor/journal/read.js');
    const { journalDir } = await import('../supervisor/daemon/state-dir.js');
    const dir = journalDir(readConfig(configOf(args)));
    const entries = await readJournal(dir, { most });
    warn(`no supervisor answers; this is what its journal in '${dir}' has`);
    return entries;
  }
}
