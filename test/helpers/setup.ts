// A process warning fails the test in which it appears, unless the test took it with takeWarnings().

import { afterEach, expect } from 'vitest';
import { collectWarnings, takeWarnings } from './warnings.js';

collectWarnings();

afterEach(async () => {
  await new Promise(setImmediate); // warnings are emitted on the next tick
  expect(takeWarnings()).toEqual([]);
});
