// `--state FILE`, apart from the other options: most commands need no file of ours.

import type { Argv } from 'yargs';
import type { LockHistory } from '../inspect/history.js';

/** `--state FILE`: what was seen under earlier boots. */
export function historyOption(y: Argv): Argv {
  return y.option('state', {
    type: 'string',
    requiresArg: true,
    describe: 'FILE that records lock files over reboots: one of an earlier boot is stale',
  });
}

export async function historyOf(args: Record<string, unknown>): Promise<LockHistory | undefined> {
  const file = args['state'];
  if (typeof file !== 'string') return undefined;
  const { LockHistory: History } = await import('../inspect/history.js'); // few name such a file
  return new History(file);
}
