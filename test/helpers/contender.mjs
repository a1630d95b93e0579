// Takes argv[2] argv[4] times, creating and removing the marker argv[3] exclusively inside: prints
// `entries N overlaps M`. Two holders at once make the marker collide.

import { closeSync, openSync, unlinkSync } from 'node:fs';
import { acquire } from '../../dist/index.js';

const [, , path, marker, rounds] = process.argv;
let overlaps = 0;
let entries = 0;
while (entries < Number(rounds)) {
  const lock = await acquire(path);
  try {
    closeSync(openSync(marker, 'wx'));
    unlinkSync(marker);
  } catch {
    overlaps++;
  }
  entries++;
  lock.releaseSync();
}
console.log(`entries ${entries} overlaps ${overlaps}`);
