// A process driver in a process of its own, which a test may kill: orders are lines of JSON, and so
// are the answers. `steps` takes the steps of a start one by one, up to the one that is named.

import { createInterface } from 'node:readline';
import { ProcessDriver } from '../../dist/supervisor/drivers/process/driver.js';
import { Entry } from '../../dist/supervisor/drivers/process/entry.js';
import { ProcessRecords } from '../../dist/supervisor/drivers/process/record.js';
import { orderFor } from '../../dist/supervisor/drivers/process/request.js';
import { epoch } from '../../dist/supervisor/drivers/process/table.js';
import { Volumes } from '../../dist/supervisor/drivers/process/volumes.js';

const stateDir = process.argv[2];
const driver = new ProcessDriver({ stateDir });
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
driver.onExit = (instance) => say({ exit: instance });

async function steps(request, last) {
  const mark = 'LOCKBRIDGE_INSTANCE=stepwise';
  const order = orderFor(request, new Volumes(stateDir), mark);
  const entry = await Entry.launch(mark);
  const { pid, start } = entry;
  if (last === 'launched') return pid;
  new ProcessRecords(stateDir).write({
    ...{ lockbridgeProcess: 1, app: request.app.id, service: request.service.name },
    ...{ release: request.app.release, fingerprint: request.fingerprint },
    ...{ pid, start, mark, epoch: epoch(), begun: false, startedAt: new Date().toISOString() },
  });
  if (last === 'recorded') return pid;
  const begun = entry.become(order);
  if (last === 'executed') await begun;
  return pid;
}

const DO = {
  list: () => driver.list(),
  start: ({ request }) => driver.start(request),
  stop: async ({ instance, grace }) => (await driver.stop(instance, grace)) ?? null,
  steps: ({ request, last }) => steps(request, last),
  close: async () => (await driver.close()) ?? null,
};

for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line);
  try {
    say({ answer: await DO[order.do](order) });
  } catch (error) {
    say({ error: error.message });
  }
}
