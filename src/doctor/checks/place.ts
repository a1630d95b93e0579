// The directory itself: its filesystem, its room, and who else may touch a lock in it.

import { statfsSync, statSync } from 'node:fs';
import { behaviourOf } from '../../inspect/filesystems.js';
import { mountOf } from '../../inspect/mounts.js';
import { sysctl } from '../../inspect/sysctl.js';
import { filesystemTrap, stickyTrap } from '../../inspect/traps.js';
import { ok, weak, weakBy } from '../outcome.js';
import type { Check } from '../types.js';

const LOW_BYTES = 256 * 1024;
const LOW_INODES = 16;

export const filesystem: Check = {
  id: 'filesystem',
  name: 'filesystem',
  run({ dir }) {
    const trap = filesystemTrap(dir);
    if (trap !== undefined) return weakBy(trap);
    return ok(`${behaviourOf(statfsSync(dir).type, mountOf(dir)).name}: a local filesystem`);
  },
};

export const space: Check = {
  id: 'space',
  name: 'space and inodes',
  run({ dir }) {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(dir);
    const bytes = bavail * bsize;
    const inodes = files === 0 ? 'no limit of inodes' : `${String(ffree)} inodes`; // btrfs counts none
    const detail = `${size(bytes)} and ${inodes} free`;
    // A tmpfs without a limit says 0 of 0.
    const low = (blocks > 0 && bytes < LOW_BYTES) || (files > 0 && ffree < LOW_INODES);
    if (!low) return ok(blocks > 0 ? detail : `no limit of space, ${inodes} free`);
    const cost = 'when it is used up no lock can be taken, and work stops that needs one';
    return weak(detail, cost, 'free some, or keep locks on a tmpfs of their own');
  },
};

function size(bytes: number): string {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (bytes >= 2 ** 20) return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${(bytes / 2 ** 10).toFixed(0)} KiB`;
}

// proc(5): what others' files in a sticky directory may be opened or followed for.
const PROTECTED = ['regular', 'fifos', 'symlinks', 'hardlinks'];

export const others: Check = {
  id: 'others',
  name: 'other users',
  run({ dir, sysctls }) {
    const { mode, uid } = statSync(dir);
    const trap = stickyTrap(dir, sysctls);
    if (trap !== undefined) return weakBy(trap);
    const detail = `mode ${(mode & 0o7777).toString(8).padStart(4, '0')}, owner uid ${String(uid)}`;
    if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0)
      return weak(
        `${detail}: writable for everybody, not sticky`,
        'any user may remove or replace a lock here',
        'chmod +t, or let only one user or group write',
      );
    const levels = PROTECTED.map((what) => {
      const level = sysctl(`fs/protected_${what}`, sysctls);
      return `${what} ${level === undefined ? 'unknown' : String(level)}`;
    });
    return ok(`${detail}; fs.protected_*: ${levels.join(', ')}`);
  },
};
