// Builds the addon with node-gyp, without the network: where the running node has its headers
// beside it (<prefix>/include/node), node-gyp is told to use those instead of downloading them.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const prefix = join(dirname(process.execPath), '..');
const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
const args = [nodeGyp, 'rebuild', '--silent'];
if (existsSync(join(prefix, 'include/node/node_api.h'))) args.push(`--nodedir=${prefix}`);
if (process.env.CI) args.push('--', '-Dwerror=1');

const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
if (status !== 0) {
  console.error('lockbridge: the addon did not build; it needs python3, make and a C++17 compiler');
  console.error('lockbridge: on Debian: apt-get install python3 make g++');
}
process.exit(status ?? 1);
