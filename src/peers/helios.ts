// Helios, the next agent of balenaOS: a two-byte tag in a file of mode 0600, linked to the path and
// flocked for as long as it is held (helios-util, locking.rs). Not driven by the matrix.

import { wholeText } from './shape.js';
import type { Recogniser } from './types.js';

const TAG = '\x02c'; // 611, the sum of the bytes of "balena"

export const heliosFootprint: Recogniser = {
  protocol: 'helios',
  recognise: (traces) =>
    wholeText(traces) === TAG
      ? { protocol: 'helios', certainty: 'sure', text: 'it carries the Helios tag (02 63)' }
      : undefined,
};
