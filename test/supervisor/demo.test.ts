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

function expectTheTruth(said: string): void {
  expect(said).toContain('release two runs');
  expect(said).toContain('nobody was stopped in a critical section');
  for (const service of ['pump', 'feed', 'label'])
    expect(said).toMatch(new RegExp(`${service} \\(two\\): started`));
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
