// An empty file is shown only to the recognisers that can know one; no other would have an answer.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recognise, recognisers } from '../../src/peers/footprints.js';
import type { Traces } from '../../src/peers/types.js';

const name = fc.oneof(
  fc.constantFrom('updates.lock', 'l', 'HEAD.lock', 'index.lock', '.#l', 'LCK..ttyS0'),
  fc.constantFrom('host-1f2e3d4c.4711-6170838417283749214', 'host.4711'),
);
const mode = fc.oneof(fc.constantFrom(0, 0o444, 0o644, 0o755, 0o777), fc.nat(0o7777));
const empty: fc.Arbitrary<Traces> = fc
  .record({
    name,
    dir: fc.constantFrom('/tmp', '/repo/.git', '/repo/.git/refs/heads', '/run/lock'),
    mode,
    uid: fc.constantFrom(0, 1000, 65534),
    links: fc.array(name, { maxLength: 2 }),
    times: fc.tuple(fc.nat(2e12), fc.nat(2e12), fc.nat(2e12)),
  })
  .map(({ name: own, dir, mode: bits, uid, links, times: [birth, mtime, ctime] }) => ({
    ...{ path: `${dir}/${own}`, type: 'file', content: '', size: 0, mode: bits, uid },
    ...{ nlink: 1 + links.length, birth, mtime, ctime, target: '' },
    otherLinks: () => links,
    entries: () => [],
  }));

it('an empty file is recognised as all of them would', () => {
  fc.assert(
    fc.property(empty, (traces) => {
      const first = recognisers.find((one) => one.recognise(traces) !== undefined);
      expect(recognise(traces)?.protocol).toBe(first?.recognise(traces)?.protocol);
    }),
    { numRuns: 3000 },
  );
});
