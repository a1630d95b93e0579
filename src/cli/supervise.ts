// lockbridge supervise: the daemon in the foreground, one line on stderr for whatever happens.

import { EXIT } from '../errors.js';
import type { Config } from '../supervisor/config.js';
import type { JournalEntry } from '../supervisor/types.js';
import { DEFAULT_CONFIG } from './endpoint.js';
import { entryText } from './journal-line.js';
import { warn } from './output.js';
import type { Command } from './types.js';
import { untilAskedToEnd } from './until-asked.js';
import { packageVersion } from '../version.js';

export const superviseCommand: Command = {
  command: 'supervise',
  describe: 'Run services and update them only when none of them holds an update lock',
  builder: (y) =>
    y
      .option('config', {
        alias: 'c',
        type: 'string',
        requiresArg: true,
        default: DEFAULT_CONFIG,
        describe: 'FILE that says what is to run; watched for changes',
      })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'Print the journal as JSON lines',
      })
      .example(
        '$0 supervise --config press.yaml',
        'in the foreground; SIGTERM ends it, not the services',
      ),
  run,
};

function heading({ file, state, root, driver }: Config, address: string): string {
  const lines = [
    `lockbridge ${packageVersion()}, configuration ${file}`,
    `state ${state}, root ${root}, driver ${driver}`,
    `listens at ${address}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

async function run(args: Record<string, unknown>): Promise<number> {
  // Loaded only now: it brings an HTTP server with it.
  const { supervise } = await import('../supervisor/supervise.js');
  const json = args['json'] === true;
  // Whoever reads what it says may go: that ends no daemon, and the journal has it all.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const show = (entry: JournalEntry): void => {
    if (json) process.stdout.write(`${JSON.stringify(entry)}\n`);
    else process.stderr.write(entryText(entry, process.stderr));
  };
  const ended = untilAskedToEnd();
  const running = await supervise(String(args['config']), {
    onEntry: show,
    onWarning: warn,
    onBegin: (config, address) => {
      if (!json) process.stderr.write(heading(config, address));
    },
  });
  await ended;
  await running.close();
  return EXIT.ok;
}
