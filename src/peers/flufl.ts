// flufl.lock of Python: a claim file `PATH|HOST|PID|RANDOM` that contains its own name, linked to
// the path; its mtime is when the lock expires, and its age alone decides. Not driven by the matrix.

import { basename } from 'node:path';
import { pidOf, wholeText } from './shape.js';
import type { Recogniser } from './types.js';

const CLAIM = /^.+\|([^|/\n]+)\|(\d+)\|\d+$/;

export const fluflFootprint: Recogniser = {
  protocol: 'flufl.lock',
  recognise(traces) {
    const written = wholeText(traces) ?? '';
    const links = traces.nlink > 1 && traces.size > 0 ? traces.otherLinks() : [];
    const linked = links.find((name) => CLAIM.test(name));
    const claim = linked ?? basename(written);
    const [, host, digits] = CLAIM.exec(claim) ?? [];
    const pid = pidOf(digits);
    if (host === undefined || pid === undefined) return undefined;
    const where = linked === undefined ? 'it contains the name of' : 'its second link is';
    return {
      protocol: 'flufl.lock',
      certainty: linked === undefined ? 'likely' : 'sure',
      text: `${where} a flufl.lock claim, '${claim}': pid ${String(pid)} on '${host}'`,
      pid,
      host,
    };
  },
};
