// What the checker has seen, sorted into violations and what is only counted.
//
// Not judged, but counted: two strangers among themselves; an entry whose lock was broken by force; a
// stranger that holds an inode which is no longer at the path: the window between lease and unlink
// that docs/protocol.md names. A release reports it as orphaned; the command line, a sweep and whoever
// was killed cannot, so of unreported strays there may be a few.

/** Whoever of lockbridge waits longer has starved, in nanoseconds. */
const STARVED = 30e9;
/** A supervisor waits with nothing in hand, and has to be the first when nobody is in the way. */
const OUTRUN = 120e9;
/** Strays for each entry of lockbridge that no release reported. */
const UNREPORTED = 1 / 500;

const name = ({ id, pid }) => `${id} (pid ${pid})`;

function sort(overlaps, orphans) {
  const pairs = { judged: [], forced: 0, strays: 0, unreported: 0, strangers: 0 };
  for (const pair of overlaps) {
    if (!pair.some(({ ours }) => ours)) pairs.strangers++;
    else if (pair.some(({ forced }) => forced)) pairs.forced++;
    else {
      const stray = pair.find(({ ours, astray }) => !ours && astray);
      if (stray === undefined) pairs.judged.push(pair);
      else if (orphans.has(stray.inode)) pairs.strays++;
      else pairs.unreported++;
    }
  }
  return pairs;
}

const patience = (id) => (id.startsWith('lockbridge-supervisor') ? OUTRUN : STARVED);

function starving(contenders, waiting) {
  const waits = [...contenders].map(([id, { longestWait }]) => [id, longestWait]);
  return [...waits, ...waiting]
    .filter(([id, wait]) => id.startsWith('lockbridge') && wait > patience(id))
    .map(([id, wait]) => `starved: ${id} waited ${(wait / 1e9).toFixed(1)} s`);
}

/** `inside`: who has not left; `waiting`: ID and nanoseconds of who still waits. */
export function judge(seen, inside, waiting) {
  const { count, contenders, handOffs, overlaps, lost, orphans, faults } = seen;
  const pairs = sort(overlaps, orphans);
  const violations = [
    ...pairs.judged.map(([one, other]) => `overlap: ${name(other)} entered beside ${name(one)}`),
    ...lost
      .filter((entry) => entry?.forced !== true)
      .map((entry) => `lost: ${entry === undefined ? 'somebody' : name(entry)}, unforced`),
    ...inside.map((entry) => `no leave: ${name(entry)} entered, and nobody killed it`),
    ...starving(contenders, waiting),
    ...faults,
  ];
  if (pairs.unreported > Math.max(3, count.entries * UNREPORTED))
    violations.push(`${pairs.unreported} overlaps with strays that nobody reported: too many`);
  return {
    held: violations.length === 0,
    violations,
    ...count,
    orphaned: orphans.size,
    overlaps: { ...pairs, judged: pairs.judged.length },
    handOffs: Object.fromEntries([...handOffs].map(([kind, times]) => [kind, times.summary()])),
    contenders: Object.fromEntries(
      [...contenders].map(([id, { entries, longestWait }]) => [id, { entries, longestWait }]),
    ),
  };
}
