// Row 8: the command line as whole processes, beside Node that does nothing. `in Node`: without handing
// over to lockbridge-run.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { acquireSync } from 'lockbridge';
import { interleave } from '../harness/interleave.mjs';
import { temporary } from '../harness/places.mjs';
import { timed } from '../harness/spawned.mjs';

const BIN = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));
const NODE = 'node -e 0';
const OURS = {
  'lockbridge --version': ['--version'],
  'lockbridge status FILE, free': ['status', '{free}'],
  'lockbridge status FILE, held': ['status', '{held}'],
  'lockbridge run FILE -- true': ['run', '{free}', '--', 'true'],
};
const IN_NODE = ['env', 'LOCKBRIDGE_RUN=node'];
const EACH = 3;

export const startup = {
  name: 'startup',
  what: 'lockbridge --version and status FILE as whole processes',
  async *run({ rounds, places: [{ dir, name }] }) {
    const files = temporary(dir);
    const paths = { '{free}': join(files, 'free.lock'), '{held}': join(files, 'held.lock') };
    const held = acquireSync(paths['{held}'], { reason: 'bench of start-up' });
    const ours = Object.entries(OURS).flatMap(([what, args]) => {
      const words = [process.execPath, BIN, ...args.map((arg) => paths[arg] ?? arg)];
      const both = [[what, timed(EACH, ...words)]];
      if (!args[0].startsWith('-'))
        both.push([`${what}, in Node`, timed(EACH, ...IN_NODE, ...words)]);
      return both;
    });
    try {
      yield interleave({
        title: 'start-up',
        place: name,
        rounds,
        base: NODE,
        contenders: {
          [NODE]: timed(EACH, process.execPath, '-e', '0'),
          ...Object.fromEntries(ours),
        },
        goals: Object.keys(OURS)
          .filter((of) => !of.includes(' run '))
          .map((of) => ({ of, to: NODE, atMost: 1.3 })),
      });
    } finally {
      held.releaseSync();
    }
  },
};
