// Looks at argv[2] argv[3] times in a row, then says `looked`.

import { inspectSync } from '../../dist/index.js';

for (let i = 0; i < Number(process.argv[3]); i++) inspectSync(process.argv[2]);
console.log('looked');
