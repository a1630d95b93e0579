// What the shipped binaries are, and what they ask of a machine, read from the files themselves.

import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { itWith } from '../helpers/peers.js';
import { addons, lacksPrebuilds, programs } from './rig/prebuilds.js';

const MISSING = lacksPrebuilds();
const PROCESSOR = { x64: 'X86-64', arm64: 'AArch64', arm: 'ARM' } as const;
// The files of glibc; until 2.34 it had threads and dlsym(3) in files of their own.
const GLIBC = [
  /^lib(?:c|m)\.so\.6$/,
  /^libpthread\.so\.0$/,
  /^libdl\.so\.2$/,
  /^ld-linux[\w-]*\.so\.\d$/,
];

const readelf = (...args: string[]): string =>
  execFileSync('readelf', ['--wide', ...args], { encoding: 'utf8' });
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found]) => found ?? '');

interface Symbols {
  defined: string[];
  undefined: string[];
}

function dynamicSymbols(file: string): Symbols {
  // Number, value, size, type, bind, visibility, section, name.
  const all = readelf('--dyn-syms', file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([number]) => number !== undefined && /^[1-9]\d*:$/.test(number))
    .map(([, , , , , , section, name]) => ({ section, name: name ?? '' }));
  const names = (undef: boolean): string[] =>
    all.filter(({ section }) => (section === 'UND') === undef).map(({ name }) => name);
  return { defined: names(false).sort(), undefined: names(true) };
}

const processorOf = (machine: string): string | undefined =>
  Object.entries(PROCESSOR).find(([arch]) => machine.split('-')[1] === arch)?.[1];
const newest = (versions: string[]): number =>
  Math.max(0, ...versions.map((version) => Number(version.split('.')[1])));

describe.each(addons)('the addon for $machine', ({ machine, file }) => {
  const glibc = machine.endsWith('glibc');

  itWith(MISSING, 'is for its processor, and smaller than 200 KB', () => {
    expect(readelf('--file-header', file)).toMatch(
      new RegExp(`Machine: .*${String(processorOf(machine))}`),
    );
    expect(statSync(file).size).toBeLessThan(200_000);
  });

  itWith(MISSING, 'needs the C library and no other', () => {
    const needed = matches(readelf('--dynamic', file), /\(NEEDED\).*\[(.*)\]/g);
    const allowed = glibc ? GLIBC : [/^libc\.so$/];
    expect(needed.filter((name) => !allowed.some((one) => one.test(name)))).toEqual([]);
    expect(needed.length).toBeGreaterThan(0);
  });

  itWith(MISSING, 'asks Node for N-API and nobody for C++, and offers two functions', () => {
    const symbols = dynamicSymbols(file);
    expect(symbols.undefined.filter((name) => /^napi_/.test(name)).length).toBeGreaterThan(10);
    expect(symbols.undefined.filter((name) => /^_Z|^__cxa_(?!atexit|finalize)/.test(name))).toEqual(
      [],
    );
    expect(symbols.defined).toEqual([
      'napi_register_module_v1',
      'node_api_module_get_api_version_v1',
    ]);
  });

  itWith(MISSING, 'needs no glibc after 2.28, or none, nor relocations that came later', () => {
    const versions = matches(readelf('--version-info', file), /Name: GLIBC_([\d.]+)/g);
    expect(versions.length > 0).toBe(glibc);
    expect(newest(versions)).toBeLessThanOrEqual(28);
    expect(readelf('--dynamic', file)).not.toMatch(/RELR/);
  });
});

describe.each(programs)('lockbridge-run for $machine', ({ machine, file }) => {
  itWith(
    MISSING,
    'is for its processor, needs no shared library, and is smaller than 400 KB',
    () => {
      expect(readelf('--file-header', file)).toMatch(
        new RegExp(`Machine: .*${String(processorOf(machine))}`),
      );
      expect(readelf('--dynamic', file)).toMatch(/no dynamic section/);
      expect(statSync(file).size).toBeLessThan(400_000);
    },
  );
});
