// A trace shows whoever holds and waits, by whatever program: as spans that its viewers can draw.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TraceRecord } from '../../src/observe/trace.js';
import { flockHolder } from '../helpers/child.js';
import { RUN } from '../helpers/cli.js';
import { itWith, lacksCommand } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import { spansOf, TracingWatch } from '../helpers/trace.js';

itWith(
  lacksCommand('lockfile'),
  'flock, lockfile and lockbridge hold and wait as spans',
  async () => {
    const dir = scratch();
    const file = join(scratch(), 'trace.json');
    const watch = new TracingWatch(file, dir);
    const seen = async (kind: string, path: string): Promise<void> => watch.seen(kind, path);
    await seen('watching', dir);

    const kernel = join(dir, 'kernel.lock');
    const first = await flockHolder(kernel);
    await seen('took', kernel);
    // Else what flock leaves is undecidable to it.
    const second = spawn(RUN, ['--empty=free', kernel, '--', 'sleep', '60'], { stdio: 'ignore' });
    await seen('waits', kernel);
    await first.finish();
    await seen('took', kernel);
    second.kill('SIGTERM'); // its command's
    await once(second, 'exit');
    await seen('released', kernel);

    const existence = join(dir, 'existence.lock');
    expect(spawnSync('lockfile', [existence]).status).toBe(0);
    await seen('took', existence);
    rmSync(existence, { force: true });
    await seen('released', existence);

    await watch.end('SIGINT');
    const records = JSON.parse(readFileSync(file, 'utf8')) as TraceRecord[];
    const times = records.flatMap(({ ts }) => (ts === undefined ? [] : [ts]));
    expect(times.every((ts) => Number.isInteger(ts) && ts >= 0)).toBe(true);

    const spans = spansOf(records);
    for (const { from, to } of spans) expect(to).toBeGreaterThanOrEqual(from);
    const shown = spans.map(({ name, path, program }) => [name, path, program]);
    expect(shown).toContainEqual(['holds', kernel, expect.stringMatching(/flock|python/)]);
    expect(shown).toContainEqual(['waits', kernel, expect.stringContaining('lockbridge-run')]);
    expect(shown).toContainEqual(['holds', kernel, expect.stringContaining('lockbridge-run')]);
    expect(shown).toContainEqual(['holds', existence, 'holders that cannot be seen']);
  },
);
