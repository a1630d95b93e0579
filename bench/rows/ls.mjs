// Row 6: ten thousand lock files below a tree, listed with a verdict each, beside find(1), which only
// says what is there.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { acquireSync } from 'lockbridge';
import { interleave } from '../harness/interleave.mjs';
import { openFiles } from '../harness/limits.mjs';
import { holdAll } from '../harness/party.mjs';
import { temporary } from '../harness/places.mjs';
import { timed } from '../harness/spawned.mjs';

const FILES = 10_000;
const BIN = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));
const LS = 'lockbridge ls';
const FIND = 'find -printf';

function tree(dir) {
  const services = Array.from({ length: FILES / 2 }, (_, i) => join(dir, `s${i}`));
  const paths = services.flatMap((service) =>
    ['resin-updates.lock', 'updates.lock'].map((file) => join(service, file)),
  );
  for (const service of services) mkdirSync(service);
  for (const path of paths) writeFileSync(path, '');
  return paths;
}

// The bytes of a lock that was held a moment ago, without its kernel locks: each is stale.
function leave(paths) {
  const lock = acquireSync(`${paths[0]}.probe`, { reason: 'bench of ls' });
  for (const path of paths) writeFileSync(path, lock.recordText);
  lock.releaseSync();
}

async function listing(what, dir, place, rounds) {
  return interleave({
    title: `ls of ${FILES} lock files, ${what}`,
    place: place.name,
    rounds,
    base: FIND,
    contenders: {
      [FIND]: timed(1, 'find', dir, '-printf', '%p %y %s %U %T@\\n'),
      [LS]: timed(1, process.execPath, BIN, 'ls', dir),
      'lockbridge ls --json': timed(1, process.execPath, BIN, 'ls', '--json', dir),
      'node -e 0': timed(1, process.execPath, '-e', '0'),
    },
    goals: [{ of: LS, to: FIND, atMost: 3 }],
  });
}

export const ls = {
  name: 'ls',
  what: 'ten thousand lock files listed',
  async *run({ rounds, places, say }) {
    const few = Math.min(rounds, 7);
    for (const place of places) {
      const dir = temporary(place.dir);
      const paths = tree(dir);
      yield listing('empty and unlocked', dir, place, few);
      const holder = openFiles(FILES + 100) >= FILES + 100 ? await holdAll(paths) : undefined;
      if (holder === undefined) {
        say(
          'ten thousand flocked files are left out: no C compiler, or too few open files allowed',
        );
        continue;
      }
      yield listing('each flocked', dir, place, few);
      await holder.end();
      const some = await holdAll(paths.filter((_, i) => i % 100 === 0));
      yield listing('one in a hundred flocked', dir, place, few);
      await some.end();
      leave(paths);
      yield listing('each with the record of a lock that is gone', dir, place, few);
    }
  },
};
