// Every check, in the order in which they run and are shown. Those that need no file come first:
// they have answered when a directory hangs.

import type { Check } from '../types.js';
import { attribute, birth, future, mode } from './attributes.js';
import { exchange, exclusive, links, nameless, rename, writable } from './create.js';
import { events, room } from './events.js';
import { lease } from './lease.js';
import { death, flock, ofd, whole } from './locks.js';
import { filesystem, others, space } from './place.js';
import { descriptors, visible } from './processes.js';

export const CHECKS: readonly Check[] = [
  visible,
  descriptors,
  room,
  filesystem,
  others,
  writable,
  space,
  exclusive,
  flock,
  ofd,
  whole,
  death,
  lease,
  events,
  nameless,
  links,
  rename,
  exchange,
  mode,
  attribute,
  birth,
  future,
];
