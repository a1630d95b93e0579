// What every command module looks like: yargs parses, `run` does the work and gives the exit code.

import type { Argv } from 'yargs';

export interface Command {
  command: string;
  describe: string;
  builder: (y: Argv) => Argv;
  run: (args: Record<string, unknown>) => Promise<number>;
}
