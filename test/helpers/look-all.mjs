// Looks at paths with the addon's call for many: look-all.mjs all|spent PATH…; with `spent` no
// descriptor is left meanwhile. Says the openError of each, or its error.

import { closeSync, openSync } from 'node:fs';
import { DEPTH, native } from '../../dist/native.js';

const [how, ...paths] = process.argv.slice(2);
const spent = [];
try {
  while (how === 'spent') spent.push(openSync('/dev/null'));
} catch {
  // that was the last
}
const looks = native.lookAll(paths, DEPTH.content).all();
for (const fd of spent) closeSync(fd);
console.log(looks.map(({ error, openError }) => (error < 0 ? error : openError)).join(' '));
