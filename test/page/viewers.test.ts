// What `lockbridge watch --trace` writes opens in the viewers that the documentation names, and shows who
// held and who waited, for how long.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { requirePeers } from '../../dist/env.js';
import type { TraceRecord } from '../../src/observe/trace.js';
import { flockHolder, flockWaiter } from '../helpers/child.js';
import { needBrowser } from '../helpers/page.js';
import { scratch } from '../helpers/scratch.js';
import { spansOf, TracingWatch } from '../helpers/trace.js';
import { inChromeTracing, inPerfetto, lacksViewers, type Slice } from '../helpers/viewers.js';

vi.setConfig({ testTimeout: 60_000 });

needBrowser();

beforeEach(({ skip }) => {
  if (lacksViewers !== undefined && requirePeers()) throw new Error(lacksViewers);
  skip(lacksViewers !== undefined, lacksViewers);
});

/** One flock holds, another waits for it and holds; the watch ends by the signal. */
async function trace(signal: 'SIGINT' | 'SIGKILL'): Promise<{ file: string; path: string }> {
  const dir = scratch();
  const path = join(dir, 'x.lock');
  const file = join(scratch(), 'trace.json');
  const watch = new TracingWatch(file, dir);
  await watch.seen('watching', dir);
  const first = await flockHolder(path, '-o');
  await watch.seen('took', path);
  const second = flockWaiter(path, '-o');
  await watch.seen('waits', path);
  await first.finish();
  await watch.seen('took', path);
  if (signal === 'SIGINT') {
    await second.finish();
    await watch.seen('cleared', path);
  }
  await watch.end(signal);
  return { file, path };
}

/** To the microsecond, as both viewers count in other units. */
const shown = (slices: readonly Slice[]): unknown[] =>
  slices.map(({ program, path, name, duration }) => [
    program.split(' ')[0],
    path,
    name,
    duration === undefined ? undefined : Math.round(duration),
  ]);

it('Perfetto and chrome://tracing show the slices of the file, and the mark where residue went', async () => {
  const { file, path } = await trace('SIGINT');
  const text = readFileSync(file, 'utf8');
  const spans = spansOf(JSON.parse(text) as TraceRecord[]).map(({ name, program, from, to }) => [
    program.split(' ')[0],
    path,
    name,
    to - from,
  ]);
  expect(spans.map(([, , name]) => name)).toEqual(['holds', 'waits', 'holds']);
  const all = [...spans, ['holders', path, 'cleared', 0]];
  expect(shown(await inPerfetto(file))).toEqual(all);
  expect(shown(await inChromeTracing(text))).toEqual(all);
});

it('both open the file of a killed watch, with a slice that has no end', async () => {
  const { file, path } = await trace('SIGKILL');
  const text = readFileSync(file, 'utf8');
  expect(() => JSON.parse(text) as unknown).toThrow();
  for (const slices of [await inPerfetto(file), await inChromeTracing(text)]) {
    expect(slices.map(({ name, path: at }) => [name, at])).toEqual([
      ['holds', path],
      ['waits', path],
      ['holds', path],
    ]);
    expect(slices.map(({ duration }) => duration === undefined)).toEqual([false, false, true]);
  }
});
