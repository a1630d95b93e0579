// Writes a journal without end, until it is killed; says the number of each entry once it is written.

import { writeSync } from 'node:fs';
import { Journal } from '../../dist/supervisor/journal/journal.js';

const [, , dir, maxBytes] = process.argv;
const journal = new Journal(dir, { maxBytes: Number(maxBytes), keep: 99 });
for (let count = 0; ; count++) {
  journal.write({ kind: 'notice', text: String(count) });
  writeSync(1, `${String(count)}\n`);
}
