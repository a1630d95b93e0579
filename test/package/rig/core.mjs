// What a lock comes down to, through the package as it is installed: taken, refused to a second, waited
// for, adopted and let go. One line of JSON. Run by every Node of nodes.mjs.

import { createRequire } from 'node:module';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { acquire, acquireSync, inspectSync, tryAcquireSync } from 'lockbridge';

const dir = mkdtempSync(join(tmpdir(), 'lockbridge-core-'));
const path = join(dir, 'updates.lock');
const lock = acquireSync(path, { reason: 'flashing' });
const { verdict, by, record } = inspectSync(path);
const second = tryAcquireSync(path);
const waiting = acquire(path, { timeout: 120_000 });
lock.releaseSync();
const next = await waiting;
const { mechanisms } = next;
await next.release();
const left = readdirSync(dir);
rmSync(dir, { recursive: true });

const addon = Object.keys(createRequire(import.meta.url).cache).find((file) =>
  file.endsWith('.node'),
);
console.log(
  JSON.stringify({
    version: process.version,
    addon: basename(dirname(addon)),
    ...{ verdict, by, reason: record.reason, refused: second === undefined, mechanisms, left },
  }),
);
