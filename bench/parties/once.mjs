// Takes and releases a lock three times, for whoever traces the system calls of the last time.
//   once.mjs PATH

import { acquireSync } from 'lockbridge';

for (let i = 0; i < 3; i++) acquireSync(process.argv[2]).releaseSync();
