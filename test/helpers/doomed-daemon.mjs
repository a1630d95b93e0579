// A daemon that kills itself (SIGKILL) at its Nth step. Steps are the entries of its journal and both
// ends of every call of its driver, so nothing is in the daemon for the sake of this.
//
//   node doomed-daemon.mjs CONFIG N       N 0: never; prints each step
//   node doomed-daemon.mjs CONFIG TEXT    at the first step that begins so

import { writeSync } from 'node:fs';
import { readConfig } from '../../dist/supervisor/config.js';
import { openDriver } from '../../dist/supervisor/drivers/open.js';
import { supervise } from '../../dist/supervisor/supervise.js';

const [file, last] = process.argv.slice(2);
let steps = 0;

function step(what) {
  steps++;
  writeSync(1, `${steps} ${what}\n`);
  if (steps === Number(last) || what.startsWith(last)) process.kill(process.pid, 'SIGKILL');
}

const real = await openDriver(readConfig(file));
const driver = new Proxy(real, {
  get(target, name) {
    const value = Reflect.get(target, name);
    if (typeof value !== 'function' || !['fetch', 'start', 'stop'].includes(name))
      return typeof value === 'function' ? value.bind(target) : value;
    return async (...args) => {
      step(`before ${name}`);
      const result = await value.apply(target, args);
      step(`after ${name}`);
      return result;
    };
  },
  set: (target, name, value) => Reflect.set(target, name, value),
});

const running = await supervise(file, {
  driver,
  onEntry: ({ kind, text }) => step(`${kind}: ${text}`),
});
process.once('SIGTERM', async () => {
  await running.close();
  process.exit(0);
});
