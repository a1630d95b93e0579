// A user's program: its types are checked against the installed package, it is never run.

import { acquire, inspect, LockError, type Inspection, type Lock } from 'lockbridge';
import { UpdateLocks } from 'lockbridge/supervisor';

const lock: Lock = await acquire('/tmp/updates.lock', { timeout: 1000, reason: 'flashing' });
const { verdict }: Inspection = await inspect('/tmp/updates.lock');
// @ts-expect-error a path is a string
await acquire(7);
console.log(lock.mechanisms.flock, verdict, LockError.name, typeof UpdateLocks);
