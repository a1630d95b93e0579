// Tables for people. Ratios are what counts; times say of which size they are.

const SIZES = [
  [1e6, 's'],
  [1e3, 'ms'],
  [1, 'µs'],
];

const UNITS = {
  us: (value) => {
    const [size, unit] = SIZES.find(([least]) => value >= least) ?? SIZES.at(-1);
    const scaled = value / size;
    return `${scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)} ${unit}`;
  },
  MB: (value) => `${value.toFixed(1)} MB`,
  '%': (value) => `${value.toFixed(1)} %`,
};

const STATS = { p99: 'p99', high: 'slowest round' };

const times = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));

function columns(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join('  ')
      .trimEnd(),
  );
}

function goalText({ of, to, stat, what, value, atMost, atLeast, met, unit }) {
  const show = unit === undefined ? (v) => `${times(v)} ×` : UNITS[unit];
  const subject = what ?? (stat === undefined ? `${of} / ${to}` : `${of}, ${STATS[stat]}`);
  const limit = atMost === undefined ? `at least ${show(atLeast)}` : `at most ${show(atMost)}`;
  return `  ${met ? 'met   ' : 'MISSED'}  ${subject}: ${show(value)} (goal: ${limit})`;
}

/** A table as lines of text. */
export function text({ title, place, rounds, unit, base, lines, notes = [], goals, load }) {
  const where = place === undefined ? '' : `, ${place}`;
  const busy = load === undefined ? '' : `, load ${load}`;
  const head = `${title}${where}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}${busy}`;
  return [head, ...figures({ unit, base, lines }), ...notes, ...goals.map(goalText)].join('\n');
}

function figures({ unit, base, lines }) {
  if (lines.length === 0) return [];
  const show = UNITS[unit];
  const tail = lines.some(({ p99 }) => p99 !== undefined);
  const head = ['', 'median', 'rounds', ...(tail ? ['p99'] : []), `× ${base}`];
  const body = lines.map((line) => [
    line.name,
    show(line.median),
    `${show(line.low)} – ${show(line.high)}`,
    ...(tail ? [line.p99 === undefined ? '' : show(line.p99)] : []),
    times(line.ratio),
  ]);
  return columns([head, ...body]).map((line) => `  ${line}`);
}
