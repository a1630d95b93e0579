// Takes the lock argv[2], says `held` (or `blocked`, `error CODE`), then obeys one line:
// release | exit | throw | quit (ends without releasing) | end of input (the same).

import { createInterface } from 'node:readline';
import { tryAcquireSync } from '../../dist/index.js';

let lock;
try {
  lock = tryAcquireSync(process.argv[2]);
  console.log(lock === undefined ? 'blocked' : 'held');
} catch (error) {
  console.log(`error ${error.code}`);
}
const lines = createInterface(process.stdin);
lines.on('line', (line) => {
  if (line === 'release') console.log(`released ${lock.releaseSync()}`);
  else if (line === 'exit') process.exit(3);
  else if (line === 'throw') throw new Error('as ordered');
  else if (line === 'quit') process.stdin.destroy();
});
