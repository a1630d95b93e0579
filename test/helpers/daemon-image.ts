// The image of examples/service/Containerfile, made without a registry: on the rig's image, of the
// package as it is built here. Node and the dependencies are mounted, not copied: nine thousand files.

import { copyFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratch } from './scratch.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONTAINERFILE = join(ROOT, 'examples/service/Containerfile');
const PACKAGE = 'node_modules/lockbridge';

/** The mounts without which it does not run. */
export const DAEMON_MOUNTS: readonly string[] = [
  `${process.execPath}:/usr/local/bin/node:ro`,
  `${join(ROOT, 'node_modules')}:/opt/lockbridge/${PACKAGE}/node_modules:ro`,
];

/** The arguments of `podman build` that make it, by that name, from a context of its own. */
export function buildArguments(base: string, name: string): string[] {
  const context = scratch();
  const ours = join(context, PACKAGE);
  mkdirSync(join(ours, 'build/Release'), { recursive: true });
  mkdirSync(join(ours, 'node_modules')); // where they are mounted
  cpSync(join(ROOT, 'dist'), join(ours, 'dist'), { recursive: true });
  for (const file of ['package.json', 'build/Release/lockbridge.node'])
    copyFileSync(join(ROOT, file), join(ours, file));
  const bin = join(context, 'node_modules/.bin');
  mkdirSync(bin);
  symlinkSync('../lockbridge/dist/bin.cjs', join(bin, 'lockbridge'));
  const options = ['--quiet', '--network', 'none', '--build-arg', `BASE=${base}`, '--tag', name];
  return ['build', ...options, '--file', CONTAINERFILE, context];
}
