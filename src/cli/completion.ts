// lockbridge completion SHELL: the script that a shell completes with, as the build made it; and what
// those scripts ask for at each Tab, the paths of locks.

import { readFileSync } from 'node:fs';
import { EXIT, LockError } from '../errors.js';
import { distFile } from '../version.js';
import { locksBeginning } from './lock-paths.js';
import { print } from './print.js';
import type { Command } from './types.js';

export const completionCommand: Command = {
  command: 'completion <what> [prefix]',
  describe: 'Print what a shell completes lockbridge and lockbridge-run with',
  builder: (y) =>
    y
      .positional('what', {
        choices: ['bash', 'zsh', 'fish', 'locks'] as const,
        demandOption: true,
        describe: 'A shell; locks: the paths that its script asks for, each ended by a NUL',
      })
      .positional('prefix', { type: 'string', describe: 'How the paths of locks begin' })
      .example('. <($0 completion bash)', 'in ~/.bashrc')
      .example('. <($0 completion zsh)', 'in ~/.zshrc, after compinit')
      .example('$0 completion fish > ~/.config/fish/conf.d/lockbridge.fish', 'once'),
  run: ({ what, prefix = '' }) => {
    if (what === 'locks')
      print(
        locksBeginning(String(prefix))
          .map((path) => `${path}\0`)
          .join(''),
      );
    else if (prefix !== '')
      throw new LockError('ERR_INVALID_ARGUMENT', `Unknown argument: ${String(prefix)}`);
    else print(readFileSync(distFile(`completions/lockbridge.${String(what)}`), 'utf8'));
    return Promise.resolve(EXIT.ok);
  },
};
