// One release of three services in three languages, each with the lock program of its own, updated
// while they work. Nothing here is staged: what is printed is what the daemon and the command line
// say, but for the length of times and paths.
//
//   node examples/mixed-release/demo.mjs                              child processes
//   node examples/mixed-release/demo.mjs --image IMAGE                containers (Docker or Podman)
//
// Exit code 0 only if all of the new release runs and no service was stopped in a critical section.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { peersDir } from '../../dist/env.js';
import { Press } from './press.mjs';

const NAMES = ['pump', 'feed', 'label'];
const AT_WORK = NAMES.map((name) => new RegExp(`1/${name}: .*took it`));
const { values } = parseArgs({ options: { image: { type: 'string' } } });

function step(text) {
  console.log(`\n# ${text}`);
}

// Everything is there, or what to do is said.
function check() {
  if (values.image !== undefined) return;
  const PYTHONPATH = join(peersDir(), 'python');
  const env = { ...process.env, PYTHONPATH };
  const { status } = spawnSync('python3', ['-c', 'import lockfile'], { env, stdio: 'ignore' });
  if (status !== 0)
    throw new Error('no python3 with the package lockfile: npx lockbridge matrix --install-peers');
}

async function story(press) {
  step('the daemon starts release one');
  press.configure('one');
  press.start();
  await press.said(/release one runs/, ...AT_WORK, /1\/pump: .*let go; what it left is residue/);
  await press.said(/1\/pump: .*took it/);
  step('the pump is at work; release two is pushed');
  const target = press.said(/new target state/);
  const two = press.said(/release two runs/, /update locks of 3 services released/);
  press.configure('two');
  await target;
  await press.update();
  await two;
  await press.said(...AT_WORK);
}

// What the services wrote down themselves.
function judge(logs) {
  step('what the services say');
  const lines = NAMES.flatMap((name) =>
    readFileSync(join(logs, `${name}.log`), 'utf8')
      .trim()
      .split('\n'),
  );
  for (const line of lines) if (/started|stopped|CUT/.test(line)) console.log(`  ${line}`);
  const all = NAMES.every((name) => lines.some((line) => line.includes(`${name} (two): started`)));
  const cut = lines.some((line) => line.includes('CUT'));
  if (!all) step('not every service runs in release two');
  step(cut ? 'a critical section was CUT' : 'nobody was stopped in a critical section');
  return all && !cut ? 0 : 1;
}

const interrupted = Promise.race(
  ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)),
).then(() => {
  throw new Error('interrupted');
});
let press;
try {
  check();
  press = new Press(values.image);
  await Promise.race([story(press), interrupted]);
  process.exitCode = judge(press.logs);
} catch (error) {
  process.exitCode = 1;
  console.error(`demo: ${error.message}`);
} finally {
  if (press !== undefined) press.quiet = true;
  await press?.remove();
}
