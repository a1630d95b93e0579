// Observes argv[2]…; prints each event as JSON. `state` prints how often it has looked and whether
// it is idle; the end of input ends it. NO_CLEAR=1 leaves residue.

import { createInterface } from 'node:readline';
import { Observer } from '../../dist/observe/observer.js';

const say = (what) => console.log(JSON.stringify(what));
const options = { clear: process.env.NO_CLEAR !== '1' };
const observer = new Observer(process.argv.slice(2), options, say);
createInterface(process.stdin)
  .on('line', () => say({ kind: 'state', looks: observer.looker.looks, idle: observer.idle }))
  .on('close', () => observer.close());
