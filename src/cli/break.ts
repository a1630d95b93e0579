// lockbridge break PATH: removes a dead holder's lock or residue without asking; a held one only with
// --force and the id that explain showed, so that nobody breaks the successor of the lock they saw.

import { EXIT, LockError } from '../errors.js';
import { inspectSync } from '../inspect/inspect.js';
import { describe } from '../lock/blocked.js';
import { breakSync } from '../lock/break.js';
import { printableLine } from '../printable.js';
import { historyOf, historyOption } from './history-option.js';
import { commonOptions, emptyOf, pathsOf } from './options.js';
import { printJson } from './output.js';
import type { Command } from './types.js';

export const breakCommand: Command = {
  command: 'break <path>',
  describe: 'Remove a lock whose holder is gone; a held one only with --force and its id',
  builder: (y) =>
    historyOption(commonOptions(y))
      .positional('path', { type: 'string', describe: 'The lock file to break' })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'Break it although it is held: its holder goes on without protection',
      })
      .option('id', {
        type: 'string',
        requiresArg: true,
        describe: 'Break only the lock of this id, as `explain` shows it',
      })
      .example('$0 break updates.lock', 'refuses (1) if somebody may hold it')
      .example(
        '$0 break --force --id 0:1b:1458@1795487595.872364546 updates.lock',
        'that very one',
      ),
  run: async (args) => {
    const [path = ''] = pathsOf(args);
    const force = args['force'] === true;
    const id = typeof args['id'] === 'string' ? args['id'] : undefined;
    if (force && id === undefined) refuse(path);
    const history = await historyOf(args);
    const before = breakSync(path, {
      ...emptyOf(args),
      ...(history && { history }),
      ...(id !== undefined && { id }),
      force,
    });
    if (args['json'] === true) printJson({ broken: before.verdict !== 'free', before });
    else if (before.verdict === 'free')
      process.stdout.write(`${printableLine(`'${path}' is free already`)}\n`);
    else process.stdout.write(`${printableLine(`broken: ${describe(before)}`)}\n`);
    return EXIT.ok;
  },
};

function refuse(path: string): never {
  const { id } = inspectSync(path);
  const now = id === undefined ? 'there is no lock now' : `the lock there now has id ${id}`;
  throw new LockError(
    'ERR_INVALID_ARGUMENT',
    `--force needs --id, so that you break the lock that you saw: read \`lockbridge explain ${path}\` first (${now})`,
    { path },
  );
}
