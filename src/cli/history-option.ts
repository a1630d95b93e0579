// `--state FILE`, apart from the other options: most commands need no file of ours.

import type { Argv } from 'yargs';
import { LockHistory } from '../inspect/history.js';

/** `--state FILE`: what was seen under earlier boots. */
export function historyOption(y: Argv): Argv {
  return y.option('state', {
    type: 'string',
    requiresArg: true,
    describe: 'FILE that records lock files over reboots: one of an earlier boot is stale',
  });
}

export function historyOf(args: Record<string, unknown>): LockHistory | undefined {
  const file = args['state'];
  return typeof file === 'string' ? new LockHistory(file) : undefined;
}
