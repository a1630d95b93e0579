// link(2) to a name: a file that has another name in the same directory, by no protocol we know.
// Programs that lock by link(2) keep such a name, or have it for the moment in which they take.

import type { Recogniser } from './types.js';

export const linkFootprint: Recogniser = {
  protocol: 'link',
  recognise({ type, nlink, otherLinks }) {
    if (type !== 'file' || nlink < 2) return undefined;
    const [other] = otherLinks();
    const where = other === undefined ? 'elsewhere' : `here, '${other}'`;
    const text = `it has a second name ${where}, as programs that lock by link(2) make one`;
    return { protocol: 'link', certainty: 'guess', text };
  },
};
