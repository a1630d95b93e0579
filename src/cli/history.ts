// lockbridge history: what the supervisor did, whom it waited for, and what it overrode.

import { EXIT, invalid } from '../errors.js';
import type { JournalEntry } from '../supervisor/types.js';
import { clientOf, endpointOptions } from './endpoint.js';
import { entryLine } from './journal-line.js';
import { printJson } from './output.js';
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
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Only of this kind, e.g. wait, override, loss (can be repeated)',
      })
      .example('$0 history -n 20', 'the latest twenty entries')
      .example('$0 history --kind override --json', 'who overrode whose lock'),
  run: async (args) => {
    const number = args['number'];
    if (!Number.isInteger(number) || Number(number) < 1 || Number(number) > MOST)
      throw invalid('--number', `an integer from 1 to ${String(MOST)}`, number);
    const { app } = args;
    const kinds = Array.isArray(args['kind']) ? args['kind'].map(String) : undefined;
    const filtered = app !== undefined || kinds !== undefined;
    // What is left out here must not count against the number.
    const most = filtered ? MOST : Number(number);
    const { entries } = await clientOf(args).ask<{ entries: JournalEntry[] }>(
      'GET',
      `/history?most=${String(most)}`,
    );
    const shown = entries
      .filter((entry) => app === undefined || entry.app === app)
      .filter(({ kind }) => kinds === undefined || kinds.includes(kind))
      .slice(-Number(number));
    if (args['json'] === true) printJson(shown);
    else process.stdout.write(shown.map((entry) => `${entryLine(entry)}\n`).join(''));
    return EXIT.ok;
  },
};
