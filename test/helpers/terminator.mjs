// Terminates worker threads while they are in the addon. argv: dist/, a directory, what they are at,
// how many of them. Says `left` and what they left behind.

import { closeSync, openSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const NAMES = 1000;
const LOOKS = 1500; // enough for several threads

async function atWork({ dist, dir, what }) {
  const { acquire, acquireAll } = await import(`${dist}index.js`);
  const { inspectEach } = await import(`${dist}inspect/inspect.js`);
  const turn = () => new Promise(setImmediate);
  const paths = readdirSync(dir).map((name) => join(dir, name));
  if (what === 'waits') {
    let blocked = 0;
    const onBlocked = () => void blocked++;
    for (const path of paths) acquire(path, { onBlocked }).catch(() => undefined);
    while (blocked < paths.length) await turn();
    parentPort.postMessage('at it');
    for (;;); // what is taken meanwhile is taken by the watcher's thread
  }
  parentPort.postMessage('at it');
  for (;;) {
    if (what === 'looks') inspectEach(paths, {}, () => undefined);
    if (what === 'takes') {
      const all = ['a', 'b', 'c'].map((name) => join(dir, name));
      (await acquireAll(all)).releaseSync();
    }
    await turn();
  }
}

async function terminate(dist, dir, what, times) {
  const make = (name) => closeSync(openSync(join(dir, name), 'wx'));
  if (what === 'looks') for (let i = 0; i < LOOKS; i++) writeFileSync(join(dir, `l${i}`), 'x');
  for (let round = 0; round < times; round++) {
    if (what === 'waits') for (let i = 0; i < NAMES; i++) make(`n${i}`);
    const workers = [];
    for (let i = 0; i < 2; i++) {
      const worker = new Worker(new URL(import.meta.url), { workerData: { dist, dir, what } });
      workers.push(worker);
      await new Promise((resolve) => worker.once('message', resolve));
    }
    if (what === 'waits') for (let i = 0; i < NAMES; i++) unlinkSync(join(dir, `n${i}`));
    for (let turns = round; turns > 0; turns--) await new Promise(setImmediate);
    for (const worker of workers) await worker.terminate();
  }
  const content = (name) => readFileSync(join(dir, name), 'latin1');
  const left = what === 'looks' ? [] : readdirSync(dir).map(content);
  // What two of them wanted is handed over, and then nobody is there to remove it.
  console.log('left', left.filter((text) => !text.includes('residue')).join());
}

if (isMainThread)
  await terminate(process.argv[2], process.argv[3], process.argv[4], +process.argv[5]);
else await atWork(workerData);
