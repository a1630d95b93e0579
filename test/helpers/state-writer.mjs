// Updates a supervisor's state without end, until it is killed; says `began` after the first.

import { StateStore } from '../../dist/supervisor/state.js';

const store = new StateStore(process.argv[2]);
for (let count = 1; ; count++) {
  store.update((draft) => {
    draft.keys = { 1: String(count), 2: String(count).padEnd(200_000, 'x') };
  });
  if (count === 1) console.log('began');
}
