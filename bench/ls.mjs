// Listing 10,000 lock files with the command line, beside lslocks(8) and ls -l: every round runs every
// contender in turn, as whole processes. Prints medians, spread and ratios.
//
//   npm run bench:ls -- [--dir DIR] [--rounds N] [--files N]

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: tmpdir() },
    rounds: { type: 'string', default: '7' },
    files: { type: 'string', default: '10000' },
  },
});
const [rounds, files] = [Number(values.rounds), Number(values.files)];
const BIN = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url));
const dir = mkdtempSync(join(values.dir, 'lockbridge-bench-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

const HOLD = `
import fcntl, os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir(sys.argv[1])) + 100,) * 2)
held = [os.open(entry.path, os.O_RDONLY) for entry in os.scandir(sys.argv[1])]
for fd in held:
    fcntl.flock(fd, fcntl.LOCK_EX)
print('held', flush=True)
sys.stdin.readline()`;

const BOUND_MS = 20_000; // lslocks needs minutes for ten thousand locks

// Milliseconds; Infinity over the bound, NaN if it is not installed.
function time(command, ...args) {
  const begin = process.hrtime.bigint();
  const stdio = ['ignore', 'ignore', 'inherit'];
  const { status, error } = spawnSync(command, args, { stdio, timeout: BOUND_MS });
  if (error?.code === 'ETIMEDOUT') return Infinity;
  if (error !== undefined) return NaN;
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

function compare(what) {
  const contenders = {
    'lockbridge ls': () => time(process.execPath, BIN, 'ls', dir),
    'lockbridge ls --json': () => time(process.execPath, BIN, 'ls', '--json', dir),
    lslocks: () => time('lslocks', '--noheadings'),
    'ls -l': () => time('ls', '-l', dir),
  };
  const took = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const [name, run] of Object.entries(contenders)) {
      if (took[name][0] === Infinity) continue; // once is enough
      const ms = run();
      if (round > 0 || ms === Infinity) took[name].push(ms); // the first is to warm up
    }
  console.log(`${files} lock files, ${what}, in ${dir}`);
  for (const [name, list] of Object.entries(took)) {
    if (!Number.isFinite(list[0])) {
      console.log(
        `${name.padEnd(24)}${list[0] > 0 ? `more than ${BOUND_MS} ms` : 'not installed'}`,
      );
      continue;
    }
    const ratio = median(list.map((ms, at) => ms / took['lockbridge ls'][at]));
    const [low, high] = [Math.min(...list), Math.max(...list)].map((ms) => ms.toFixed(0));
    const figures = `${median(list).toFixed(0)} ms (${low}–${high})`;
    console.log(`${name.padEnd(24)}${figures.padEnd(24)}${ratio.toFixed(2)} x lockbridge ls`);
  }
}

for (let i = 0; i < files; i++) writeFileSync(join(dir, `f${i}.lock`), '');
compare('empty and unlocked');
const holder = spawn('python3', ['-c', HOLD, dir], { stdio: ['pipe', 'pipe', 'inherit'] });
await once(holder.stdout, 'data');
compare('each flocked by one process');
holder.stdin.end();
