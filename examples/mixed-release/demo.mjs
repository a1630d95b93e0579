// One release of three services in three languages, each with the lock program of its own, updated
// while they work. Nothing here is staged: what is printed is what the daemon and the command line say.
//
//   node examples/mixed-release/demo.mjs                              child processes
//   node examples/mixed-release/demo.mjs --image IMAGE                containers (Docker or Podman)
//
// Exit code 0 only if the new release runs and no service was stopped in a critical section.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peersDir } from '../../dist/env.js';

const { values } = parseArgs({ options: { image: { type: 'string' } } });
const HERE = fileURLToPath(new URL('services/', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const BIN = join(REPOSITORY, 'dist/cli/bin.js');

// The root of the lock directories, the state of the daemon, and what the services write.
const dir = mkdtempSync(join(tmpdir(), 'mixed-release-'));
const logs = join(dir, 'logs');
const config = join(dir, 'press.yaml');
mkdirSync(logs);

// What a service needs is at the same place inside and outside, so that both drivers can run it.
const VOLUMES = [logs, `${REPOSITORY}:ro`, `${process.execPath}:ro`, `${peersDir()}:ro`].map(
  (path) => {
    const [source, mode] = path.split(/:(?=ro$)/);
    return [source, source, ...(mode === undefined ? [] : [mode])].join(':');
  },
);

function service(command, release) {
  return {
    ...(values.image !== undefined && { image: values.image }),
    command,
    environment: {
      RELEASE: release,
      LOG_DIR: logs,
      NPM_LOCKFILE: join(REPOSITORY, 'node_modules/lockfile'),
      PYTHONPATH: join(peersDir(), 'python'),
    },
    ...(values.image !== undefined && { volumes: VOLUMES }),
    'stop-grace': '5s',
  };
}

// JSON is YAML. Renamed into place, as an editor does it: the daemon never reads half a file.
function configure(release) {
  const services = {
    pump: service([join(HERE, 'pump.sh')], release),
    feed: service(['python3', join(HERE, 'feed.py')], release),
    label: service([process.execPath, join(HERE, 'label.cjs')], release),
  };
  const content = {
    name: 'press-7',
    root: dir,
    state: join(dir, 'state'),
    driver: values.image === undefined ? 'process' : 'container',
    api: { listen: `unix:${join(dir, 'api.sock')}` },
    apps: release === undefined ? {} : { 1: { name: 'press', release, services } },
  };
  writeFileSync(`${config}.new`, JSON.stringify(content, null, 2));
  renameSync(`${config}.new`, config);
}

function lockbridge(...args) {
  return spawn(process.execPath, [BIN, ...args, '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function show(child, stream, prefix, heard = () => undefined) {
  createInterface(child[stream]).on('line', (line) => {
    console.log(`${prefix} ${line}`);
    heard(line);
  });
}

function step(text) {
  console.log(`\n# ${text}`);
}

async function update(...args) {
  const child = lockbridge('update', ...args);
  show(child, 'stdout', '  update |');
  show(child, 'stderr', '  update |');
  return (await once(child, 'close'))[0];
}

// What the daemon says from now on, until a line matches.
const listeners = new Set();
function said(pattern) {
  return new Promise((resolve, reject) => {
    const listener = (line) => {
      if (line !== undefined && !pattern.test(line)) return;
      listeners.delete(listener);
      if (line === undefined) reject(new Error('the daemon ended'));
      else resolve();
    };
    listeners.add(listener);
  });
}

// Until a service has written that it is in its critical section.
async function begun(name) {
  const file = join(logs, `${name}.log`);
  while (!existsSync(file) || !readFileSync(file, 'utf8').includes('begins')) await pause(20);
}

let code = 1;
step('the daemon, with release one');
configure('one');
const daemon = lockbridge('supervise');
const ended = once(daemon, 'close');
show(daemon, 'stderr', '  daemon |', (line) => {
  for (const listener of listeners) listener(line);
});
ended.then(() => {
  for (const listener of listeners) listener(undefined);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => daemon.kill());
try {
  await said(/release one runs/);
  await Promise.all(['pump', 'feed', 'label'].map(begun));
  step('every service is at work; release two is pushed');
  const target = said(/new target state/);
  const two = said(/release two runs/);
  configure('two');
  await target;
  await update();
  await two;
  step('what the services say');
  const lines = ['pump', 'feed', 'label'].flatMap((name) =>
    readFileSync(join(logs, `${name}.log`), 'utf8')
      .trim()
      .split('\n'),
  );
  for (const line of lines) if (/started|stopped|CUT/.test(line)) console.log(`  ${line}`);
  code = lines.some((line) => line.includes('CUT')) ? 1 : 0;
  step(code === 0 ? 'nobody was stopped in a critical section' : 'a critical section was CUT');
} finally {
  if (daemon.exitCode === null) {
    step('the end: nothing is to run, by force');
    const gone = said(/the app is gone/);
    configure(undefined);
    await update('--force');
    await gone;
    daemon.kill();
  }
  await ended;
  rmSync(dir, { recursive: true, force: true });
}
process.exitCode = code;
