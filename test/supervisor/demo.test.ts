// The demonstration in examples/, as it is: with processes, and with containers of a real Podman.

import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Child } from '../helpers/child.js';
import { image, needContainers, needEngineSocket } from '../helpers/podman.js';
import { itWith, lacksPython } from '../helpers/peers.js';

const DEMO = fileURLToPath(new URL('../../examples/mixed-release/demo.mjs', import.meta.url));

vi.setConfig({ testTimeout: 180_000 });

async function demo(...args: string[]): Promise<string> {
  const child = new Child(process.execPath, [DEMO, ...args]);
  const lines: string[] = [];
  for (;;) {
    const line = await child.line();
    if (line.startsWith('(ended)')) break;
    lines.push(line);
  }
  const { code } = await child.ended;
  const said = `${lines.join('\n')}\n${child.stderr.join('')}`;
  expect(code, said).toBe(0);
  return said;
}

const SERVICES = ['pump', 'feed', 'label'];

/** The first line that matches, by its number; fails where there is none. */
function at(lines: readonly string[], pattern: RegExp): number {
  const found = lines.findIndex((line) => pattern.test(line));
  if (found < 0) expect.unreachable(`no ${String(pattern)} in:\n${lines.join('\n')}`);
  return found;
}

function expectTheTruth(said: string): void {
  const lines = said.split('\n');
  const pushed = at(lines, /new target state .*: two/);
  const taken = at(lines, /take .*update locks of 3 services taken/);
  // Each kind of lock was seen held.
  at(lines, /1\/pump: pid \d+ \(flock .*\).* took it: exclusive flock/);
  at(lines, /1\/feed: pid \d+ .*took it: py-link file, an existence lock/);
  at(lines, /1\/label: .*took it: empty file/);
  // What flock leaves was there before the update, which waited for its next run only.
  expect(at(lines, /1\/pump: .*let go; what it left is residue/)).toBeLessThan(pushed);
  const waited = at(lines, /wait .*1\/pump: .*pid \d+ \(flock /);
  expect(waited).toBeGreaterThan(pushed);
  expect(waited).toBeLessThan(taken);
  at(lines, /update \| .*release two runs/);
  // Everything was stopped once, after that, and everything runs.
  const stops = lines.flatMap((line, number) =>
    / stop .*\(update to two\)/.test(line) ? number : [],
  );
  expect(stops).toHaveLength(3);
  for (const stop of stops) expect(stop).toBeGreaterThan(taken);
  expect(said).not.toContain('CUT');
  for (const service of SERVICES) {
    at(lines, new RegExp(`${service} \\(one\\): stopped`));
    at(lines, new RegExp(`${service} \\(two\\): started`));
  }
  at(lines, /nobody was stopped in a critical section/);
}

itWith(lacksPython('lockfile'), 'with processes', async () => {
  expectTheTruth(await demo());
});

describe('with containers', () => {
  needContainers();
  needEngineSocket();

  it('of Podman', async () => {
    expectTheTruth(await demo('--image', image()));
  });
});
