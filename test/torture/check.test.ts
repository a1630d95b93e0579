// The checker sees what it is there to see, in logs made up for it.

import { expect, it } from 'vitest';
import { Checker } from './check.mjs';

/** The verdict on lines whose time is their number, in milliseconds; `@MS` at the end sets another. */
function judge(...lines: string[]): ReturnType<Checker['result']> {
  const checker = new Checker();
  lines.forEach((line, number) => {
    const [, words = '', ms = number] = /^(.*?)(?: @(\d+))?$/.exec(line) ?? [];
    const [verb, id, who, ...rest] = words.split(' ');
    checker.feed([verb, id, who, Number(ms) * 1e6, ...rest].join(' '));
  });
  return checker.result();
}

const violations = (...lines: string[]): string[] => judge(...lines).violations;

it('entries one after the other are no violation', () => {
  const lines = ['enter lockbridge.0 1 70', 'leave lockbridge.0 1 0', 'enter flock.1 2 70'];
  expect(violations(...lines, 'leave flock.1 2 1')).toEqual([]);
});

it('two of lockbridge inside at once are one', () => {
  const lines = ['enter lockbridge.0 1 70', 'enter lockbridge-py.1 2 70'];
  expect(violations(...lines, 'leave lockbridge.0 1 0', 'leave lockbridge-py.1 2 0')).toEqual([
    'overlap: lockbridge-py.1 (pid 2) entered beside lockbridge.0 (pid 1)',
  ]);
});

it('a stranger beside lockbridge is one, whoever was first', () => {
  const ours = ['enter lockbridge.0 1 70', 'leave lockbridge.0 1 0'] as const;
  const theirs = ['enter mkdir.1 2', 'leave mkdir.1 2 0'] as const;
  expect(violations(ours[0], theirs[0], ours[1], theirs[1])).toHaveLength(1);
  expect(violations(theirs[0], ours[0], theirs[1], ours[1])).toHaveLength(1);
});

it('strangers among themselves are counted, not judged', () => {
  const lines = ['enter flock.0 1 70', 'enter py-lockf.1 2 70', 'leave flock.0 1 0'];
  const { held, overlaps } = judge(...lines, 'leave py-lockf.1 2 0');
  expect({ held, strangers: overlaps.strangers }).toEqual({ held: true, strangers: 1 });
});

it('who enters after somebody was killed inside overlaps with nobody', () => {
  const lines = ['enter lockbridge.0 1 70', 'kill lockbridge.0 1', 'enter lockbridge-py.1 2 70'];
  const { violations: found, kills, killedInside } = judge(...lines, 'leave lockbridge-py.1 2 0');
  expect({ found, kills, killedInside }).toEqual({ found: [], kills: 1, killedInside: 1 });
});

it('unless the killed one shows that it was still inside', () => {
  const lines = ['enter lockbridge.0 1 70', 'kill lockbridge.0 1', 'enter lockbridge-py.1 2 70'];
  expect(violations(...lines, 'leave lockbridge.0 1 0', 'leave lockbridge-py.1 2 0')).toEqual([
    'overlap: lockbridge-py.1 (pid 2) entered beside lockbridge.0 (pid 1)',
  ]);
});

it('a killed wrapper does not end what its command does inside', () => {
  const lines = ['enter lockbridge-cli.0 11 70', 'kill lockbridge-cli.0 10', 'enter mkdir.1 2'];
  const found = violations(...lines, 'leave lockbridge-cli.0 11 0', 'leave mkdir.1 2 0');
  expect(found).toHaveLength(1);
});

it('beside the victim of a forced break an overlap is expected', () => {
  const lines = ['enter lockbridge.0 1 70', 'force - 70', 'broke - 70', 'enter lockbridge.1 2 71'];
  const rest = ['leave lockbridge.1 2 0', 'leave lockbridge.0 1 0', 'lost lockbridge.0 1 70'];
  const { held, overlaps } = judge(...lines, ...rest);
  expect({ held, forced: overlaps.forced }).toEqual({ held: true, forced: 1 });
});

it('and beside a victim that had the lock but was not yet inside', () => {
  const lines = ['force - 70', 'broke - 70', 'enter lockbridge.1 2 71', 'enter lockbridge.0 1 70'];
  expect(violations(...lines, 'leave lockbridge.1 2 0', 'leave lockbridge.0 1 0')).toEqual([]);
});

it('a break that failed excuses nobody', () => {
  const lines = ['enter lockbridge.0 1 70', 'force - 70', 'enter lockbridge.1 2 71'];
  expect(violations(...lines, 'leave lockbridge.1 2 0', 'leave lockbridge.0 1 0')).toHaveLength(1);
});

it('nor does the break of another file', () => {
  const lines = ['enter lockbridge.0 1 70', 'force - 69', 'broke - 69', 'enter lockbridge.1 2 71'];
  expect(violations(...lines, 'leave lockbridge.1 2 0', 'leave lockbridge.0 1 0')).toHaveLength(1);
});

it('a lock that is lost without force is a violation', () => {
  const lines = ['enter lockbridge.0 1 70', 'leave lockbridge.0 1 0', 'lost lockbridge.0 1 70'];
  expect(violations(...lines)).toEqual(['lost: lockbridge.0 (pid 1), unforced']);
});

it('a stranger on an unlinked inode is counted, by whether a release reported it', () => {
  const stray = ['enter lockbridge.0 1 71', 'enter flock.1 2 70 astray', 'leave flock.1 2 0'];
  const lines = [...stray, 'leave lockbridge.0 1 0'];
  expect(judge(...lines)).toMatchObject({ held: true, overlaps: { unreported: 1, strays: 0 } });
  const reported = judge(...lines, 'orphaned lockbridge.2 3 70');
  expect(reported).toMatchObject({ held: true, overlaps: { unreported: 0, strays: 1 } });
});

it('but many that nobody reported are a violation', () => {
  const stray = ['enter lockbridge.0 1 71', 'enter flock.1 2 70 astray', 'leave flock.1 2 0'];
  const lines = [...stray, 'leave lockbridge.0 1 0'];
  expect(violations(...lines, ...lines, ...lines, ...lines)).toEqual([
    '4 overlaps with strays that nobody reported: too many',
  ]);
});

it('lockbridge astray, and not by force, is a violation', () => {
  const lines = ['enter lockbridge.0 1 70 astray', 'enter flock.1 2 71', 'leave flock.1 2 0'];
  expect(violations(...lines, 'leave lockbridge.0 1 0')).toHaveLength(1);
});

it('a lost update is a violation though no two were inside at once', () => {
  const one = ['enter lockbridge.0 1 70', 'leave lockbridge.0 1 5'];
  const two = ['enter lockbridge-py.1 2 70', 'leave lockbridge-py.1 2 5'];
  expect(violations(...one, ...two)).toEqual([
    'lost update: lockbridge-py.1 read 5 after 5 was read',
  ]);
});

it('who was killed before it counted lets the next read the same', () => {
  const lines = ['enter mkdir.0 1', 'leave mkdir.0 1 5', 'enter lockbridge.1 2 70'];
  const next = ['kill lockbridge.1 2', 'enter lockbridge.1 3 70', 'leave lockbridge.1 3 6'];
  expect(violations(...lines, ...next)).toEqual([]);
});

it('a stranger that still counts among strangers while it dies is not judged', () => {
  const first = ['enter flock.0 1 70', 'leave flock.0 1 4', 'enter java-lock.1 2 70'];
  const dying = ['kill java-lock.1 2', 'enter flock.0 3 70', 'leave flock.0 3 5'];
  const next = ['enter flock.0 4 70', 'leave flock.0 4 5', 'enter lockbridge.2 5 70'];
  expect(violations(...first, ...dying, ...next, 'leave lockbridge.2 5 6')).toEqual([]);
});

it('but beside lockbridge it is', () => {
  const lines = ['enter java-lock.1 2 70', 'kill java-lock.1 2', 'enter lockbridge.2 5 70'];
  const next = ['leave lockbridge.2 5 5', 'enter lockbridge.2 6 70', 'leave lockbridge.2 6 5'];
  expect(violations(...lines, ...next)).toHaveLength(1);
});

it('a pid that comes again long after a kill is somebody else’s', () => {
  const lines = ['kill lockbridge.0 1 @0', 'enter lockbridge.0 1 70 @20000'];
  const other = ['enter lockbridge.1 2 70 @20001', 'leave lockbridge.1 2 0 @20002'];
  expect(violations(...lines, ...other, 'leave lockbridge.0 1 0 @20003')).toHaveLength(1);
});

it('who never leaves, and was not killed, is missing', () => {
  expect(violations('enter lockbridge.0 1 70', 'end - 0')).toEqual([
    'no leave: lockbridge.0 (pid 1) entered, and nobody killed it',
  ]);
});

it('who waits for ever has starved, got in or not', () => {
  const got = ['want lockbridge.0 1 @0', 'enter lockbridge.0 1 70 @31000'];
  expect(violations(...got, 'leave lockbridge.0 1 0 @31001')).toEqual([
    'starved: lockbridge.0 waited 31.0 s',
  ]);
  expect(violations('want lockbridge.0 1 @0', 'end - 0 @40000')).toEqual([
    'starved: lockbridge.0 waited 40.0 s',
  ]);
  expect(violations('want mkdir.0 1 @0', 'end - 0 @40000')).toEqual([]);
  const supervisor = 'want lockbridge-supervisor.0 1 @0';
  expect(violations(supervisor, 'end - 0 @40000')).toEqual([]);
  expect(violations(supervisor, 'end - 0 @130000')).toHaveLength(1);
});

it('a hand-off is timed where somebody waited for it', () => {
  const lines = ['enter mkdir.0 1 @10', 'want lockbridge.1 2 @11', 'leave mkdir.0 1 0 @15'];
  const { handOffs } = judge(...lines, 'enter lockbridge.1 2 70 @17', 'leave lockbridge.1 2 1 @18');
  expect(handOffs).toEqual({
    'stranger -> lockbridge': { count: 1, median: 2000, p99: 2000, max: 2000 },
  });
});

it('a line that is none, and a leave without an enter, are violations', () => {
  expect(violations('gibberish', 'leave lockbridge.0 1 0')).toHaveLength(2);
});
