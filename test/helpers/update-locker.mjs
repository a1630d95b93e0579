// A supervisor of its own: takes the update locks of app argv[3] (services argv[4…]) below the root
// argv[2], says `held` or `error CODE`, then obeys: release | end of input (ends without releasing).

import { createInterface } from 'node:readline';
import { UpdateLocks } from '../../dist/supervisor/index.js';

const [root, app, ...services] = process.argv.slice(2);
let held;
try {
  held = await UpdateLocks.for(app, services, { root }).lock({ reason: 'other supervisor' });
  console.log('held');
} catch (error) {
  console.log(`error ${error.code}`);
}
const lines = createInterface(process.stdin);
lines.on('line', async () => {
  await held.release();
  console.log('released');
});
