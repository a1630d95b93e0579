// lockbridge override on|off|status: the lock override of the whole device.

import { EXIT } from '../errors.js';
import type { OverrideStatus } from '../supervisor/types.js';
import { clientOf, endpointOptions } from './endpoint.js';
import { printJson } from './output.js';
import type { Command } from './types.js';

const FROM: Readonly<Record<OverrideStatus['from'], string>> = {
  api: 'set over the API',
  'target-state': 'set in the target state',
  default: 'never set',
};

export const overrideCommand: Command = {
  command: 'override <what>',
  describe: 'Override every update lock of this device, or respect them again',
  builder: (y) =>
    endpointOptions(y)
      .positional('what', {
        choices: ['on', 'off', 'status'] as const,
        demandOption: true,
        describe: '`on` deletes the locks held now and takes no notice of new ones',
      })
      .example('$0 override status', 'whether it is on, and who set it')
      .example('$0 override on', 'until `override off`: apps may be killed in a critical section'),
  run: async (args) => {
    const client = clientOf(args);
    const { what } = args;
    const status =
      what === 'status'
        ? await client.ask<OverrideStatus>('GET', '/override')
        : await client.ask<OverrideStatus>('PUT', '/override', { on: what === 'on' });
    if (args['json'] === true) printJson(status);
    else
      process.stdout.write(
        `the lock override is ${status.on ? 'on' : 'off'} (${FROM[status.from]})\n`,
      );
    return EXIT.ok;
  },
};
