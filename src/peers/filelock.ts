// Python's filelock up to 3.9, FileLock (flock) and SoftFileLock alike: an empty file of mode 0777
// less the umask. Later versions leave what everybody leaves: py-filelock.ts drives one.

import { bits, wholeText } from './shape.js';
import type { Recogniser } from './types.js';

export const filelockFootprint: Recogniser = {
  protocol: 'filelock',
  recognise: (traces) =>
    wholeText(traces) === '' && [0o755, 0o775, 0o777].includes(bits(traces))
      ? {
          protocol: 'filelock',
          certainty: 'guess',
          text: 'empty and executable, as filelock up to 3.9 of Python creates it, for a flock or as a SoftFileLock',
          leftover: true,
        }
      : undefined,
};
