// Two locks of Go: gofrs/flock, which opens read-only and creates in mode 0600, and os.O_EXCL.
// Built from programs/go; version 0.8.1 is the one that the Go of Debian 12 compiles.

import { compiled } from './compiled.js';
import type { Peer } from './types.js';

export const goFlock: Peer = compiled({
  id: 'go-flock',
  name: 'gofrs/flock of Go',
  family: 'kernel',
  mechanism: 'flock',
  language: 'go',
  mode: 'gofrs',
});

export const goExcl: Peer = compiled({
  id: 'go-excl',
  name: 'os.OpenFile(O_EXCL) of Go',
  family: 'existence',
  mechanism: 'exclusive create',
  language: 'go',
  mode: 'excl',
});
