// No registry has a Node for ARMv7 on musl. What stands in for it has the names of N-API and nothing
// behind them, and loads the addon as Node does: musl for that processor must find every other symbol.

import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { findZig } from '../../scripts/prebuild/zig.mjs';
import { itWith } from '../helpers/peers.js';
import { scratch } from '../helpers/scratch.js';
import { lacks, MUSL } from './rig/nodes.mjs';
import { addons, lacksPrebuilds, ROOT } from './rig/prebuilds.js';

const NAME = 'linux-arm-musl';
const addon = addons.find(({ machine }) => machine === NAME)?.file ?? '';
const QEMU = ['qemu-arm', '-L', MUSL];
const MISSING =
  lacksPrebuilds() ?? lacks({ under: QEMU, dir: MUSL, bin: 'lib/ld-musl-armhf.so.1' });

const MAIN = `
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char** words) {
  void* addon = dlopen(words[1], RTLD_NOW);
  if (addon == NULL || dlsym(addon, "napi_register_module_v1") == NULL) return puts(dlerror()), 1;
  return puts("loaded"), 0;
}
`;

itWith(
  MISSING,
  'the addon for ARMv7 on musl is loaded by that musl, and by no other',
  async () => {
    const dir = scratch();
    const symbols = execFileSync('readelf', ['--wide', '--dyn-syms', addon], { encoding: 'utf8' });
    const names = [...symbols.matchAll(/ UND (napi_\w+)/g)].map(([, name]) => name ?? '');
    const source = join(dir, 'host.c');
    writeFileSync(source, names.map((name) => `void ${name}(void) {}\n`).join('') + MAIN);
    const host = join(dir, 'host');
    const zig = findZig(ROOT) as { run: (...args: string[]) => Promise<void> };
    // As build.mjs compiles: what zig has made for it is in its cache.
    const target = ['-target', 'arm-linux-musleabihf', '-mcpu=generic+v7a', '-Os', '-s'];
    await zig.run('cc', ...target, '-dynamic', '-rdynamic', source, '-o', host);
    const load = (file: string): { status: number | null; stdout: string } => {
      const { status, stdout } = spawnSync('qemu-arm', ['-L', MUSL, host, file], {
        encoding: 'utf8',
      });
      return { status, stdout };
    };
    expect(load(addon)).toEqual({ status: 0, stdout: 'loaded\n' });
    expect(load(addon.replace(NAME, 'linux-arm-glibc')).status).toBe(1);
  },
  180_000,
);
