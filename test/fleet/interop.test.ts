// Zincati's own client against this server: the client for which the protocol was made.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { itWith } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import { FleetProcess } from './rig/server.js';
import { ZINCATI } from './rig/zincati.mjs';

const lacks = existsSync(ZINCATI)
  ? undefined
  : 'the client of Zincati is not built; `node test/fleet/rig/zincati.mjs` does it';

const FIRST = 'c988d2509fdf4cdcbed39037c56406fb';
const SECOND = '3f0a1c5be2d94a7799c00d1e2f3a4b5c';

itWith(
  lacks,
  'Zincati takes a slot, is refused one in words that it understands, and gives back',
  async () => {
    const where = ['--state', join(scratch(), 'fleet.json'), '--group', 'workers=1'];
    const server = await FleetProcess.start(where);
    const zincati = (id: string, what: string, group = 'workers'): string =>
      execFileSync(ZINCATI, [server.address, group, id, what], {
        encoding: 'utf8',
        timeout: 20_000,
      });
    expect(zincati(FIRST, 'steady-state')).toBe('ok\n');
    expect(zincati(FIRST, 'pre-reboot')).toBe('ok\n');
    expect(zincati(FIRST, 'pre-reboot')).toBe('ok\n');
    expect(zincati(SECOND, 'pre-reboot')).toMatch(
      new RegExp(
        `^failed_lock_semaphore_full 1 of 1 slots of group "workers" are taken, by ${FIRST} `,
      ),
    );
    expect(zincati(SECOND, 'steady-state')).toBe('ok\n');
    expect(zincati(SECOND, 'pre-reboot', 'nobody')).toMatch(/^unknown_group this server serves no/);
    expect(zincati(FIRST, 'steady-state')).toBe('ok\n');
    expect(zincati(SECOND, 'pre-reboot')).toBe('ok\n');
  },
);
