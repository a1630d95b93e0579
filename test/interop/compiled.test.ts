// Peers that are compiled on the machine: what they say before that, and that the package has all
// that it takes.

import { existsSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { buildCommand } from '../../dist/peers/compiled.js';
import { peers } from '../../dist/peers/index.js';
import { howToInstall, installPeers } from '../../dist/peers/install.js';
import { scratch } from '../helpers/scratch.js';

const compiled = peers.filter(({ install }) => install?.compile !== undefined);
const LANGUAGES = ['go', 'rust', 'java'] as const;

afterEach(() => {
  vi.unstubAllEnvs();
});

it('every language has an existence lock and a kernel lock', () => {
  for (const language of LANGUAGES) {
    const its = compiled.filter(({ install }) => install?.compile?.includes(language));
    expect(new Set(its.map(({ family }) => family)), language).toEqual(
      new Set(['existence', 'kernel']),
    );
  }
});

it('a peer that is not built says so, and how a person builds it', async () => {
  vi.stubEnv('LOCKBRIDGE_PEERS_DIR', scratch());
  for (const { id, detect, install } of compiled) {
    expect(await detect(), id).toMatchObject({
      available: false,
      reason: expect.stringMatching(/^not built: .*; it needs /) as unknown,
    });
    expect(howToInstall(install), id).toMatch(/go build|cargo build|javac/);
  }
});

it('the package ships the sources that the build reads', () => {
  for (const language of LANGUAGES) {
    const sources = buildCommand(language).filter((word) => word.includes('/programs/'));
    expect(sources, language).not.toEqual([]);
    for (const source of sources) expect(existsSync(source), source).toBe(true);
  }
});

it('a compiler that is missing and cannot be installed is named, and nothing is built', async () => {
  vi.stubEnv('LOCKBRIDGE_PEERS_DIR', scratch());
  vi.stubEnv('PATH', scratch());
  const failed = await installPeers(compiled, () => undefined);
  expect(failed.join('\n')).toMatch(/apt-get install golang-go.*\n.*cargo.*\n.*default-jdk/);
  expect(failed).toHaveLength(LANGUAGES.length);
});
