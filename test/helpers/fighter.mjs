// Enters a critical section argv[3] times under the lock argv[2]/updates.lock, and there counts up in
// the file argv[2]/counter by hand: two at once lose a count, and collide on a marker. fighter.py does
// the same in Python. Prints `entries N overlaps M`.

import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquire } from '../../dist/index.js';

const [, , dir, rounds, mode] = process.argv;
const [path, counter, marker] = ['updates.lock', 'counter', 'marker'].map((name) =>
  join(dir, name),
);
let overlaps = 0;
for (let entries = 0; entries < Number(rounds); entries++) {
  const lock = mode === 'unlocked' ? undefined : await acquire(path);
  try {
    closeSync(openSync(marker, 'wx'));
    writeFileSync(counter, String(Number(readFileSync(counter, 'utf8')) + 1));
    unlinkSync(marker);
  } catch {
    overlaps++;
  }
  lock?.releaseSync();
}
console.log(`entries ${rounds} overlaps ${overlaps}`);
