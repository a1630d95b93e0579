// lockbridge beside plain C and beside what users would pick instead, as ratios. See README.md.
//
//   npm run bench -- [ROW…] [--list] [--json] [--rounds N] [--dir DIR]…

import { cpus, loadavg, release as kernel } from 'node:os';
import { parseArgs } from 'node:util';
import { provide } from './harness/peers.mjs';
import { places } from './harness/places.mjs';
import { text } from './harness/print.mjs';
import { say } from './harness/progress.mjs';
import { rows } from './rows/index.mjs';

function usage(message) {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(64);
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '15' },
        dir: { type: 'string', multiple: true, default: [] },
      },
    });
  } catch (error) {
    return usage(error.message);
  }
}

// `| head` has read enough.
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 71));

const { values, positionals } = options();
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  usage(`--rounds must be a whole number from 1, not '${values.rounds}'`);
for (const name of positionals)
  if (!rows.some((row) => row.name === name))
    usage(`there is no row '${name}'; there are ${rows.map((row) => row.name).join(', ')}`);

// Of the last minute, the bench's own processes among it.
const load = () => Number(loadavg()[0].toFixed(1));

/** Runs the rows one after the other; those that failed are told, and the others still run. */
async function all(chosen) {
  const there = await provide([...new Set(chosen.flatMap(({ peers }) => peers ?? []))]);
  delete process.env.NODE_EXTRA_CA_CERTS;
  const bench = { rounds, places: places(values.dir), has: (id) => there.has(id), say };
  const results = [];
  for (const row of chosen) {
    try {
      for await (const table of row.run(bench)) {
        const result = { row: row.name, load: load(), ...table };
        results.push(result);
        if (!values.json) process.stdout.write(`${text(result)}\n\n`);
      }
    } catch (error) {
      say(`${row.name} failed: ${error.stack}`);
      process.exitCode = 1;
    }
  }
  return results;
}

if (values.list) {
  for (const { name, what } of rows) process.stdout.write(`${name.padEnd(14)} ${what}\n`);
} else {
  const chosen = rows.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const where = {
    date: new Date().toISOString(),
    kernel: kernel(),
    node: process.version,
    cpu: cpus()[0]?.model,
    cpus: cpus().length,
    load: load(),
  };
  if (!values.json)
    process.stdout.write(
      `${where.date.slice(0, 10)}, Linux ${where.kernel}, Node ${where.node}, ${where.cpus} × ${where.cpu}, load ${where.load}\n\n`,
    );
  const tables = await all(chosen);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...where, tables }, null, 2)}\n`);
}
