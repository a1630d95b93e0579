// libFuzzer on whatever the addon parses: a hundred thousand inputs each, grown from real bytes
// (fuzz/corpus), the same at every run. A longer hunt: build a target as here and give it a directory.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, vi } from 'vitest';
import { itWith } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import { run, type Ran } from './sanitize/program.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const NATIVE = here('../../native/');
const PARSERS = ['parse.cc', 'path.cc'].map((file) => NATIVE + file);
const FLAGS = ['-std=c++17', '-g', '-O1', '-D_GNU_SOURCE', '-fno-sanitize-recover=all'];
const RUNS = ['-runs=100000', '-seed=1', '-max_len=512', '-rss_limit_mb=1024'];

const bin = mkdtempSync(join(tmpdir(), 'lockbridge-fuzz-'));
afterAll(() => {
  rmSync(bin, { recursive: true });
});

/** Why nothing can be fuzzed here; undefined if it can. */
function lacksFuzzer(): string | undefined {
  const args = ['-fsanitize=fuzzer,address,undefined', '-x', 'c++', '-', '-o', '/dev/null'];
  const input = 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }';
  const { error, status } = spawnSync('clang++', args, { input });
  if (error !== undefined) return 'no `clang++` in PATH';
  return status === 0 ? undefined : 'no libFuzzer for clang++ (Debian: libclang-rt-14-dev)';
}

const missing = lacksFuzzer();
vi.setConfig({ testTimeout: 120_000 });

function fuzz(target: string, ...corpus: string[]): Ran {
  const program = join(bin, target);
  const sanitizers = '-fsanitize=fuzzer,address,undefined';
  const sources = [here(`fuzz/${target}.cc`), ...PARSERS];
  const built = run('clang++', ...FLAGS, sanitizers, ...sources, '-o', program);
  if (built.code !== 0) throw new Error(`${target}.cc does not build: ${built.err}`);
  // What is found on the way goes into the first directory, and a crash beside it.
  const found = scratch();
  return run(program, ...RUNS, `-artifact_prefix=${found}/`, found, ...corpus);
}

itWith(missing, 'a fault that guidance alone finds is found', () => {
  const { code, err } = fuzz('planted');
  expect(err).toContain('heap-buffer-overflow');
  expect(code).not.toBe(0);
});

for (const target of ['locks', 'info', 'stat', 'identity', 'events'])
  itWith(missing, `no bytes lead ${target} astray`, () => {
    const { code, err } = fuzz(target, here(`fuzz/corpus/${target}`));
    expect(code, err.slice(-2000)).toBe(0);
    expect(err).toContain('Done 100000 runs');
  });
