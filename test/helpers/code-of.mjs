// Prints what one try on argv[2] gives: `held`, `blocked` or `CODE ERRNO`. With a number in argv[3],
// that many descriptors are opened and kept first, until none is left if it is `all`.

import { openSync } from 'node:fs';
import { inspectSync, tryAcquireSync } from '../../dist/index.js';

const [, , path, keep] = process.argv;
if (keep === 'all') {
  inspectSync(path); // everything lazy is loaded
  try {
    for (;;) openSync('/dev/null');
  } catch {
    // none left
  }
}
let said;
try {
  said = tryAcquireSync(path) === undefined ? 'blocked' : 'held';
} catch (error) {
  said = `${error.code} ${error.errnoName}`;
}
process.stdout.write(said);
