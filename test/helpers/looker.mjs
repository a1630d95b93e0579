// Looks at argv[2] argv[3] times in a row, then says `looked`; argv[4]: with or without a search.

import { inspectSync } from '../../dist/index.js';

const [, , path, times, how] = process.argv;
const search = how === 'with a search';
for (let i = 0; i < Number(times); i++) inspectSync(path, { search });
console.log('looked');
