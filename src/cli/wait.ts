// lockbridge wait PATH…: returns when nobody holds any of them, without taking one.

import { EXIT } from '../errors.js';
import { waitUntilFree } from '../lock/until-free.js';
import { complain } from './complain.js';
import { announceWait, printJson } from './output.js';
import { commonOptions, emptyOf, pathsOf, timeoutOf, waitOption } from './options.js';
import type { Command } from './types.js';

export const waitCommand: Command = {
  command: 'wait <path..>',
  describe: 'Wait until nobody holds the locks, without taking them',
  builder: (y) =>
    waitOption(commonOptions(y))
      .positional('path', { type: 'string', describe: 'Lock files to wait for' })
      .example('$0 wait -w 60 /tmp/balena/updates.lock', 'exit code 1 if it is still held'),
  run: async (args) => {
    try {
      const paths = pathsOf(args);
      const options = { ...emptyOf(args), ...timeoutOf(args), onBlocked: announceWait };
      const seen = await waitUntilFree(paths, options);
      if (args['json'] === true) printJson(seen);
      return EXIT.ok;
    } catch (error) {
      return complain(error);
    }
  },
};
