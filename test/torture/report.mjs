// What a run says: a line while it goes on, and a summary at its end.

import Table from 'cli-table3';

const SHOWN = 20;
const plain = { style: { head: [], border: [] } };
const millis = (micros) => (micros / 1000).toFixed(2);

export function progress({ name, checker }, leftMs) {
  const { entries, kills, killedInside, broken } = checker.count;
  const left = `${Math.max(0, Math.round(leftMs / 1000))} s left`;
  const text = `${name}: ${left}, ${entries} entries of lockbridge, ${kills} kills (${killedInside} inside), ${broken} broken`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}

function summary(result) {
  const { overlaps, violations } = result;
  const facts = new Table(plain);
  facts.push(
    ['entries of lockbridge', result.entries],
    ['kills, of them inside', `${result.kills}, ${result.killedInside}`],
    ['stops', result.stops],
    ['broken by force', result.broken],
    ['cleanups after existence lockers', result.cleanups],
    ['overlaps with lockbridge', overlaps.judged],
    ['  forced (expected)', overlaps.forced],
    ['  with a stray, reported as orphaned', overlaps.strays],
    ['  with a stray that nobody reported', overlaps.unreported],
    ['strangers among themselves', overlaps.strangers],
    ['releases that reported an orphan', result.orphaned],
  );
  const who = new Table({ head: ['contender', 'entries', 'longest wait, s'], ...plain });
  for (const [id, { entries, longestWait }] of Object.entries(result.contenders))
    who.push([id, entries, (longestWait / 1e9).toFixed(2)]);
  const times = new Table({ head: ['hand-off, ms', 'count', 'median', 'p99', 'max'], ...plain });
  for (const [kind, { count, median, p99, max }] of Object.entries(result.handOffs))
    times.push([kind, count, millis(median), millis(p99), millis(max)]);
  const verdict =
    violations.length === 0
      ? 'mutual exclusion held'
      : `${violations.length} VIOLATIONS\n  ${violations.slice(0, SHOWN).join('\n  ')}`;
  return `field ${result.field}, seed ${result.seed}: ${verdict}\n${facts}\n${who}\n${times}\n`;
}

export function report(results) {
  return results.map(summary).join('\n');
}
