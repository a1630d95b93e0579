// The checker finds what it is there for: each violation, planted in a run that has none.

import { expect, it } from 'vitest';
import { violations, type Call, type Change, type Run } from './rig/check.js';

const GRANTS = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'] as const;

function state(revision: number, ...holders: [id: string, slot: number, grant: string][]): Change {
  const since = '2026-01-01T00:00:00.000Z';
  return {
    revision,
    semaphore: {
      slots: 2,
      holders: holders.map(([id, slot, grant]) => ({ id, slot, grant, since })),
    },
  };
}

function call(
  device: string,
  what: Call['what'],
  from: number,
  to: number,
  result: Call['result'],
  grant?: string,
): Call {
  return { device, what, from, to, result, ...(grant !== undefined && { grant }) };
}

// Two slots, three devices: c is refused while a and b hold, and gets the slot that a gives back.
function soundRun(): { slots: number; calls: Call[]; changes: Change[] } {
  const [a, b, c] = GRANTS;
  return {
    slots: 2,
    calls: [
      call('a', 'take', 0, 10, 'ok', a),
      call('b', 'take', 0, 12, 'ok', b),
      call('c', 'take', 20, 25, 'full'),
      call('a', 'give-back', 30, 40, 'ok'),
      call('c', 'take', 41, 50, 'ok', c),
      call('b', 'give-back', 60, 70, 'unknown'),
      call('b', 'give-back', 71, 80, 'ok'),
      call('c', 'give-back', 90, 95, 'ok'),
    ],
    changes: [
      state(2, ['a', 0, a]),
      state(3, ['a', 0, a], ['b', 1, b]),
      state(4, ['b', 1, b]),
      state(5, ['b', 1, b], ['c', 0, c]),
      state(6, ['c', 0, c]),
      state(7, ['c', 0, c]),
      state(8),
    ],
  };
}

it('a sound run has no violation', () => {
  expect(violations(soundRun())).toEqual([]);
});

const PLANTED: readonly [what: string, plant: (run: ReturnType<typeof soundRun>) => void][] = [
  ['hold 1 slots', (run) => (run.slots = 1)],
  [
    'a slot is held twice',
    (run) => swapState(run, 3, state(5, ['b', 0, GRANTS[1]], ['c', 0, GRANTS[2]])),
  ],
  [
    'a device holds twice',
    (run) => swapState(run, 1, state(3, ['a', 0, GRANTS[0]], ['a', 1, GRANTS[1]])),
  ],
  ['there is no such slot', (run) => swapState(run, 0, state(2, ['a', 2, GRANTS[0]]))],
  ['the order of states is lost', (run) => swapState(run, 2, state(1, ['b', 1, GRANTS[1]]))],
  ['1 slots are lost', (run) => run.changes.pop()],
  ['came back after its end', (run) => run.changes.push(state(9, ['a', 0, GRANTS[0]]), state(10))],
  ['went to another device', (run) => swapState(run, 1, state(3, ['b', 0, GRANTS[0]]))],
  [
    'was taken from its device',
    (run) =>
      (run.calls = run.calls.filter(({ device, what }) => device !== 'c' || what === 'take')),
  ],
  [
    'a grant that the store never had',
    (run) => (run.calls[0] = call('a', 'take', 0, 10, 'ok', 'dddddddddddd')),
  ],
  [
    'were sure to hold 2 slots at once',
    (run) => (run.calls[2] = call('c', 'take', 20, 25, 'ok', GRANTS[2])),
  ],
  [
    'refused while a slot was free for certain',
    (run) => run.calls.push(call('d', 'take', 82, 85, 'full')),
  ],
];

function swapState(run: { changes: Change[] }, at: number, change: Change): void {
  run.changes[at] = change;
}

for (const [what, plant] of PLANTED)
  it(`finds: ${what}`, () => {
    const run: Run & ReturnType<typeof soundRun> = soundRun();
    plant(run);
    expect(violations(run).join('\n')).toContain(what);
  });
