// mutt_dotlock(1): links an empty file of mode 0000. Not driven by the matrix.

import { bits } from './shape.js';
import type { Recogniser } from './types.js';

export const muttFootprint: Recogniser = {
  protocol: 'mutt_dotlock',
  recognise: (traces) =>
    traces.type === 'file' && traces.size === 0 && bits(traces) === 0
      ? {
          protocol: 'mutt_dotlock',
          certainty: 'likely',
          text: 'empty with mode 0000, as mutt_dotlock makes it',
        }
      : undefined,
};
