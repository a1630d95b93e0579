// Torture: processes of many languages contend for one path with lockbridge, and are killed, stopped
// and robbed of their locks; a checker decides from the log whether anybody was ever inside beside
// lockbridge, whether anybody starved, and how long hand-offs took.
//
//   npm run torture -- --minutes N [--peers a,b,...] [--kills PER_MINUTE] [--seed S] [--dir DIR]
//                      [--json] [--keep]
//
// Exit code 1 on a violation; the log is then kept. Not covered: more than one machine.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Chaos } from './chaos.mjs';
import { Field } from './field.mjs';
import { DEFAULT, enlist } from './peers.mjs';
import { progress, report } from './report.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    peers: { type: 'string', default: DEFAULT.join(',') },
    kills: { type: 'string', default: '240' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});

function number(name) {
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name}: a number above 0, not '${values[name]}'`);
  return value;
}

const [minutes, kills, seed] = ['minutes', 'kills', 'seed'].map(number);
const workshop = mkdtempSync(join(tmpdir(), 'lockbridge-torture-built-'));
process.on('exit', () => rmSync(workshop, { recursive: true }));
const { found, missing } = await enlist(values.peers.split(','), workshop);
for (const reason of missing) process.stderr.write(`without ${reason}\n`);

const ours = found.filter(({ family }) => family === 'bridge');
const wanted = ['kernel', 'existence']
  .map((family) => ({ family, strangers: found.filter((one) => one.family === family) }))
  .filter(({ strangers }) => strangers.length > 0);
// Lockbridge alone has a field too.
if (wanted.length === 0) wanted.push({ family: 'bridge', strangers: [] });

const results = [];
for (const { family, strangers } of wanted) {
  const empty = family === 'kernel' ? 'free' : 'held';
  const field = new Field(values.dir, family, empty, [...ours, ...strangers], seed);
  field.open();
  const chaos = new Chaos(field, kills);
  const end = Date.now() + (minutes * 60_000) / wanted.length;
  while (Date.now() < end) {
    await setTimeout(Math.min(1000, Math.max(0, end - Date.now())));
    field.follow();
    progress(field, end - Date.now());
  }
  await chaos.end();
  await field.close();
  const result = { field: family, seed, ...field.checker.result() };
  if (!result.held || values.keep) process.stderr.write(`the log is ${field.dir}/log\n`);
  else field.remove();
  results.push(result);
}

process.stdout.write(values.json ? `${JSON.stringify(results, undefined, 2)}\n` : report(results));
process.exitCode = results.every(({ held }) => held) ? 0 : 1;
