// lockbridge run PATH… -- CMD: holds the locks while the command runs.
//
// The command inherits the locks' descriptors, so that killing lockbridge does not free what the
// command still relies on; the locks are let go when the command ends.

import { constants } from 'node:os';
import { EXIT, invalid, LockError } from '../errors.js';
import { acquireAll, type LockSet } from '../lock/all.js';
import { announceWait, printJson, warn } from './output.js';
import { commonOptions, emptyOf, pathsOf, timeoutOf, waitOption } from './options.js';
import type { Command } from './types.js';

export const runCommand: Command = {
  command: 'run <path..>',
  describe: 'Hold the locks while a command runs',
  builder: (y) =>
    waitOption(commonOptions(y))
      .positional('path', { type: 'string', describe: 'Lock files to hold, all or none' })
      .option('nonblock', { alias: 'n', type: 'boolean', describe: 'Fail rather than wait' })
      .option('conflict-exit-code', {
        alias: 'E',
        type: 'number',
        default: EXIT.conflict,
        requiresArg: true,
        describe: 'Exit code for a conflict',
      })
      .option('reason', { type: 'string', requiresArg: true, describe: 'Shown to who asks why' })
      .example('$0 run /tmp/balena/updates.lock -- ./flash.sh', 'no update while flash.sh runs')
      .example('$0 run -n a.lock b.lock -- true', 'both or none, without waiting')
      .example('$0 run -w 30 --reason migration db.lock -- ./migrate', 'wait half a minute'),
  run,
};

async function run(args: Record<string, unknown>): Promise<number> {
  const command = Array.isArray(args['--']) ? args['--'].map(String) : [];
  const [program, ...rest] = command;
  if (program === undefined)
    throw new LockError(
      'ERR_INVALID_ARGUMENT',
      'no command to run: put it after `--`, as in `lockbridge run PATH -- CMD`',
    );
  const conflict = args['conflict-exit-code'];
  if (!Number.isInteger(conflict) || Number(conflict) < 0 || Number(conflict) > 255)
    throw invalid('--conflict-exit-code', 'an integer from 0 to 255', conflict);
  let locks: LockSet;
  try {
    locks = await acquireAll(pathsOf(args), {
      ...emptyOf(args),
      ...(args['nonblock'] === true ? { timeout: 0 } : timeoutOf(args)),
      ...(typeof args['reason'] === 'string' ? { reason: args['reason'] } : {}),
      onBlocked: announceWait,
    });
  } catch (error) {
    if (!LockError.is(error) || error.exitCode !== EXIT.conflict) throw error;
    if (args['json'] === true) printJson({ error: error.code, blockers: error.blockers });
    warn(error.message);
    return Number(conflict);
  }
  try {
    return await execute(program, rest, locks);
  } finally {
    await locks.release();
  }
}

async function execute(program: string, args: string[], locks: LockSet): Promise<number> {
  const { spawn } = await import('node:child_process'); // others than run need not wait for it
  // A terminal sends its signals to the command as well; the others are passed on. Either way the
  // command decides, and we hold until it has ended. Before it is started: a signal that comes right
  // after is for it.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => undefined;
  process.on('SIGTERM', pass).on('SIGHUP', pass).on('SIGINT', ignore).on('SIGQUIT', ignore);
  const child = spawn(program, args, {
    stdio: ['inherit', 'inherit', 'inherit', ...locks.locks.map((lock) => lock.fd)],
  });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', (cause: NodeJS.ErrnoException) => {
        reject(
          new LockError(
            'ERR_COMMAND',
            `cannot execute '${program}': ${cause.code ?? cause.message}; is it installed and on PATH?`,
            { cause },
          ),
        );
      });
      child.on('exit', (code, signal) => {
        resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]);
      });
    });
  } finally {
    process.off('SIGTERM', pass).off('SIGHUP', pass).off('SIGINT', ignore).off('SIGQUIT', ignore);
  }
}
