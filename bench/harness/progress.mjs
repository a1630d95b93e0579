// One line on stderr that says what runs now; only on a terminal is it written over. What is left out
// is said there too: a table without a rival must not look as if there were none.

import { clearLine, cursorTo } from 'node:readline';

const tty = process.stderr.isTTY === true;
let last = '';
let lastAt = 0;

/** What runs now; '' when it is over. In a log, at most a line every five seconds. */
export function progress(text) {
  if (tty) {
    clearLine(process.stderr, 0);
    cursorTo(process.stderr, 0);
    process.stderr.write(text.slice(0, (process.stderr.columns ?? 80) - 1));
    return;
  }
  if (text === '' || text === last || performance.now() - lastAt < 5000) return;
  last = text;
  lastAt = performance.now();
  process.stderr.write(`bench: ${text}\n`);
}

/** A line that stays. */
export function say(text) {
  if (tty) progress('');
  process.stderr.write(`bench: ${text}\n`);
}
