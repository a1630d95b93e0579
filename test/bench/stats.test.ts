// What the bench makes of its samples: a wrong median would be a wrong claim about everybody.

import { describe, expect, it } from 'vitest';
import { text } from '../../bench/harness/print.mjs';
import { judge, median, quantile, ratio, summary } from '../../bench/harness/stats.mjs';

describe('statistics of the bench', () => {
  it('takes the middle of an odd list and the mean of the two in the middle of an even one', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 7])).toBe(6);
  });

  it('gives the largest sample as the quantile that is beyond all', () => {
    expect(quantile([3, 1, 2], 0.99)).toBe(3);
    expect(quantile([3, 1, 2], 0)).toBe(1);
  });

  it('compares rounds with their neighbours in time', () => {
    // The machine is ten times as slow in the second round, for both.
    const ours = [[2], [20], [2]];
    const theirs = [[1], [10], [1]];
    expect(ratio(ours, theirs)).toBe(2);
  });

  it('tells a tail only where there are samples enough for one', () => {
    expect(summary('few', [[1, 2, 3]], [[1]])).not.toHaveProperty('p99');
    const many = Array.from({ length: 100 }, (_, i) => i);
    expect(summary('many', [many], [[1]])).toMatchObject({ p99: 99, samples: 100 });
  });
});

describe('a goal', () => {
  const times = { ours: [[3], [3]], theirs: [[2], [2]] };
  const lines = [{ name: 'ours', median: 3, low: 3, high: 3, p99: 600, ratio: 1.5 }];

  it.each([
    [{ of: 'ours', to: 'theirs', atMost: 1.5 }, 1.5, true],
    [{ of: 'ours', to: 'theirs', atMost: 1.4 }, 1.5, false],
    [{ of: 'ours', to: 'theirs', atLeast: 2 }, 1.5, false],
    [{ of: 'ours', stat: 'p99', atMost: 500 }, 600, false],
  ])('%o is judged by its own figure', (goal, value, met) => {
    expect(judge(goal, times, lines)).toMatchObject({ value, met });
  });

  it('that has no figure is not met in silence', () => {
    expect(judge({ of: 'ours', stat: 'p999', atMost: 1 }, times, lines)).toBeUndefined();
  });

  it('is printed with what was measured and what was wanted', () => {
    const goals = [judge({ of: 'ours', to: 'theirs', atMost: 1.4 }, times, lines)];
    const where = { place: undefined, load: undefined };
    const shown = text({
      title: 't',
      ...where,
      rounds: 2,
      unit: 'us',
      base: 'theirs',
      lines,
      goals,
    });
    expect(shown).toContain('MISSED  ours / theirs: 1.50 × (goal: at most 1.40 ×)');
    expect(shown).toContain('600 µs');
  });
});
