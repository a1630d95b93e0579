// lockbridge break PATH: removes a dead holder's lock or residue; a held one only with --force.

import { EXIT } from '../errors.js';
import { breakSync } from '../lock/break.js';
import { describe } from '../lock/blocked.js';
import { printJson } from './output.js';
import { commonOptions, emptyOf, pathsOf } from './options.js';
import type { Command } from './types.js';

export const breakCommand: Command = {
  command: 'break <path>',
  describe: 'Remove a lock whose holder is gone; a held one only with --force',
  builder: (y) =>
    commonOptions(y)
      .positional('path', { type: 'string', describe: 'The lock file to break' })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'Break it although it is held: its holder goes on without protection',
      })
      .example('$0 break updates.lock', 'refuses (1) if somebody may hold it')
      .example('$0 break --force updates.lock', 'for when you know better'),
  run: (args) => {
    const [path = ''] = pathsOf(args);
    const before = breakSync(path, { ...emptyOf(args), force: args['force'] === true });
    if (args['json'] === true) printJson({ broken: before.verdict !== 'free', before });
    else if (before.verdict === 'free') process.stdout.write(`'${path}' is free already\n`);
    else process.stdout.write(`broken: ${describe(before)}\n`);
    return Promise.resolve(EXIT.ok);
  },
};
