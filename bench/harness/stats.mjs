// Medians, quantiles and ratios. A contender's times are a list of rounds, each a list of samples:
// rounds are compared with each other one by one, because only neighbours in time saw the same
// machine; quantiles are of all samples.

export function quantile(list, q) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The median of the ratios, round by round. */
export function ratio(of, to) {
  return median(of.map((samples, round) => median(samples) / median(to[round])));
}

/** One line of a table. A tail is told only where there are samples enough to have one. */
export function summary(name, rounds, base) {
  const samples = rounds.flat();
  const medians = rounds.map(median);
  return {
    name,
    median: median(samples),
    low: Math.min(...medians),
    high: Math.max(...medians),
    ...(samples.length >= 100 && { p99: quantile(samples, 0.99) }),
    ratio: ratio(rounds, base),
    samples: samples.length,
  };
}

/**
 * What became of a goal. `{ of, to, atMost }` and `{ of, to, atLeast }` are about the ratio of two
 * contenders, `{ of, stat: 'p99', atMost }` is about a figure of one line, `{ value, what, atMost }`
 * about any number.
 */
export function judge(goal, times, lines) {
  const { of, to, stat, atMost, atLeast } = goal;
  const value =
    goal.value ??
    (stat === undefined ? ratio(times[of], times[to]) : lines.find((l) => l.name === of)[stat]);
  if (value === undefined || Number.isNaN(value)) return undefined;
  const met = atMost === undefined ? value >= atLeast : value <= atMost;
  return { ...goal, value, met };
}
