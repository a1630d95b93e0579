// lockbridge status PATH…: what is there, who holds it, and how that is known.

import { EXIT } from '../errors.js';
import { inspectSync, type InspectOptions } from '../inspect/inspect.js';
import { wayOut } from '../inspect/actions.js';
import type { Inspection } from '../inspect/types.js';
import { describe } from '../lock/blocked.js';
import { printableLine } from '../printable.js';
import { printJson } from './output.js';
import { print } from './print.js';
import { commonOptions, emptyOf, pathsOf } from './options.js';
import type { Command } from './types.js';

export const statusCommand: Command = {
  command: 'status <path..>',
  describe: 'Say who holds the locks, since when and why',
  builder: (y) =>
    commonOptions(y)
      .positional('path', { type: 'string', describe: 'Lock files to look at' })
      .example('$0 status /tmp/balena/updates.lock', 'exit code 1 if it is held')
      .example('$0 status --json a.lock b.lock', 'verdicts, holders and evidence as JSON'),
  run: (args) => {
    const json = args['json'] === true;
    const options = emptyOf(args);
    const seen = pathsOf(args).map((path) =>
      json ? inspectSync(path, options) : lookForText(path, options),
    );
    if (json) printJson(seen);
    else print(seen.map(paragraph).join(''));
    const held = seen.some(({ verdict }) => verdict === 'held');
    return Promise.resolve(held ? EXIT.conflict : EXIT.ok);
  },
};

// The text shows neither orphans nor waiters, nor, where there is a record, who holds it by /proc/locks.
function lookForText(path: string, options: InspectOptions): Inspection {
  const seen = inspectSync(path, { ...options, orphans: false, waiters: false });
  if (seen.by !== 'kernel' || seen.record !== undefined) return seen;
  return inspectSync(path, { ...options, orphans: false });
}

function paragraph(seen: Inspection): string {
  if (seen.verdict === 'free') return `${printableLine(`'${seen.path}' is free`)}\n`;
  const lines = [
    describe(seen),
    ...seen.evidence.map(({ text }) => `  because ${text}`),
    `  you can: ${wayOut(seen)}`,
    ...(seen.id === undefined ? [] : [`  id: ${seen.id}`]),
  ];
  return `${lines.map(printableLine).join('\n')}\n`;
}
