// Node, lockbridge itself, from the mounted build.

import { acquireSync } from '/lockbridge/dist/index.js';

const lock = acquireSync(process.argv[2], { reason: 'a migration' });
console.log('held');
process.stdin.on('end', () => lock.releaseSync()).resume();
