// A fleet after an outage: ten thousand devices in twenty groups ask two servers over one etcd, all at
// once. Prints requests, times, how soon a freed slot is taken, what etcd holds, and the processor time
// of each part. Everything runs on this machine, which is what limits it.
//
//     node bench/fleet/simulate.mjs [--devices N] [--groups N] [--slots N] [--hold MS] [--wait S]
//
// Ends by itself: each device updates once, and after --limit seconds (150) those left give up.

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { device } from './device.mjs';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    groups: { type: 'string', default: '20' },
    slots: { type: 'string', default: '25' },
    hold: { type: 'string', default: '2000' },
    wait: { type: 'string', default: '0' },
    limit: { type: 'string', default: '150' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const [devices, groups, slots, hold, wait, limit] = [
  values.devices,
  values.groups,
  values.slots,
  values.hold,
  values.wait,
  values.limit,
].map(Number);

const BIN = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));
const dir = mkdtempSync(join(values.dir, 'lockbridge-fleet-'));
const etcdUrl = `http://127.${randomInt(1, 9)}.${randomInt(0, 255)}.1:2379`;
const peerUrl = etcdUrl.replace('2379', '2380');
const children = [];

function start(name, command, args, ready) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push({ name, child });
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${name} has ended`)));
    createInterface(child.stderr).on('line', (line) => {
      const found = ready.exec(line);
      if (found !== null) resolve(found[1]);
    });
  });
}

/** Seconds of processor time, and megabytes in memory. */
function costs({ name, child }) {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const ticks = Number(stat[11]) + Number(stat[12]);
  return { name, cpu: ticks / 100, rss: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) / 1024 };
}

async function etcdSize() {
  const response = await fetch(`${etcdUrl}/v3/maintenance/status`, { method: 'POST', body: '{}' });
  const { dbSize, dbSizeInUse, header } = await response.json();
  return {
    size: Number(dbSize),
    used: Number(dbSizeInUse ?? dbSize),
    revision: Number(header.revision),
  };
}

async function main() {
  await start(
    'etcd',
    'etcd',
    [
      ...[
        '--data-dir',
        join(dir, 'etcd'),
        '--listen-client-urls',
        etcdUrl,
        '--advertise-client-urls',
        etcdUrl,
      ],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `default=${peerUrl}`, '--logger', 'zap', '--log-outputs', 'stderr'],
    ],
    /(serving client traffic)/,
  );
  const names = Array.from({ length: groups }, (_, at) => `group-${at}`);
  const servers = [];
  for (const name of ['server 1', 'server 2'])
    servers.push(
      await start(
        name,
        process.execPath,
        [
          BIN,
          'fleet',
          'serve',
          '--listen',
          '127.0.0.1:0',
          '--etcd',
          etcdUrl,
          '--group',
          ...names.map((group) => `${group}=${slots}`),
        ],
        /^listens at (.*)/,
      ),
    );
  const before = await etcdSize();
  const answers = [];
  const began = performance.now();
  const until = began + limit * 1000;
  const done = await Promise.all(
    Array.from({ length: devices }, async (_, number) =>
      device({
        servers,
        number,
        hold,
        wait,
        until,
        group: names[number % groups],
        note: (answer) => answers.push(answer),
      }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  report({ answers, began, seconds, updated: done.filter(Boolean).length });
  const after = await etcdSize();
  console.log(
    `etcd: ${mb(before.size)} before, ${mb(after.size)} after ${after.revision - before.revision} writes, ` +
      `${mb(after.used)} of it in use; ${((after.size - before.size) / devices / 1024).toFixed(2)} KiB a device`,
  );
  for (const child of children) {
    const { name, cpu, rss } = costs(child);
    console.log(`${name}: ${cpu.toFixed(1)} s of processor time, ${rss.toFixed(0)} MB at most`);
  }
  console.log(
    `devices: ${(process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6).toFixed(1)} s of processor time`,
  );
}

const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function quantiles(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const at = (part) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms (of ${sorted.length})`;
}

function report({ answers, began, seconds, updated }) {
  const ideal = (Math.ceil(devices / groups / slots) * hold) / 1000;
  console.log(
    `${updated} of ${devices} devices updated in ${seconds.toFixed(1)} s; ` +
      `with slots always in use it would be about ${ideal.toFixed(0)} s`,
  );
  const perSecond = new Map();
  for (const { at } of answers) {
    const second = Math.floor((at - began) / 1000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  const by = (status) => answers.filter((answer) => answer.status === status).length;
  console.log(
    `${answers.length} requests, ${(answers.length / devices).toFixed(1)} a device, ` +
      `${(answers.length / seconds).toFixed(0)} a second on average, ${Math.max(...perSecond.values())} in the busiest; ` +
      `200: ${by(200)}, 423: ${by(423)}, 429: ${by(429)}, 503: ${by(503)}, no answer: ${by(0)}`,
  );
  const herd = answers.filter(({ at, took }) => at - took - began < 2000);
  if (wait === 0) {
    console.log(`the first two seconds: ${quantiles(herd.map(({ took }) => took))}`);
    console.log(
      `after that: ${quantiles(answers.filter((one) => !herd.includes(one)).map(({ took }) => took))}`,
    );
  } else
    console.log(
      `giving back: ${quantiles(answers.filter(({ path }) => path.includes('steady')).map(({ took }) => took))}`,
    );
  console.log(`a freed slot was taken after ${quantiles(handOvers(answers))}`);
}

// From the answer that a slot was given back to the answer that somebody else has it.
function handOvers(answers) {
  const grants = new Map();
  const ends = new Map();
  for (const { status, path, group, body, at } of answers) {
    if (status !== 200) continue;
    if (path.includes('pre')) {
      const key = `${group}/${body.slot}`;
      grants.set(key, [...(grants.get(key) ?? []), { at, grant: body.grant }]);
    } else if (body.grant !== undefined) ends.set(body.grant, at);
  }
  return [...grants.values()].flatMap((list) =>
    list.slice(1).flatMap(({ at }, index) => {
      const freed = ends.get(list[index].grant);
      return freed === undefined ? [] : [Math.max(0, at - freed)];
    }),
  );
}

try {
  await main();
} finally {
  for (const { child } of children) child.removeAllListeners('exit').kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
}
