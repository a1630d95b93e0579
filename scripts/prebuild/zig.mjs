// The compiler of the shipped binaries: zig has clang, musl, the symbols of every glibc and the sources
// of a C++ library in one PyPI package, so one machine builds for all of them. It is installed once,
// below node_modules/.cache, and is no dependency of anybody who uses or develops lockbridge.

import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

// The C++ library's sources are compiled by name (library.mjs): another version is looked at first.
const VERSION = '0.17.1';

function install(to) {
  console.log(`zig ${VERSION} from PyPI into ${to} (made once)`);
  const making = mkdtempSync(`${to}.`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
  const args = [...pip, '--target', making, `ziglang==${VERSION}`];
  const { status, error, stderr } = spawnSync('python3', args, { encoding: 'utf8' });
  if (status !== 0) {
    rmSync(making, { recursive: true });
    throw new Error(`no zig: pip install ziglang==${VERSION}: ${error?.message ?? stderr.trim()}`);
  }
  try {
    renameSync(making, to);
  } catch {
    rmSync(making, { recursive: true }); // another run was first
  }
}

/** Its directory (with `zig` and `lib/` in it) and a function that runs it, and rejects with what it said. */
export function findZig(root) {
  const cache = join(root, 'node_modules/.cache/lockbridge');
  mkdirSync(cache, { recursive: true });
  const installed = join(cache, `zig-${VERSION}`);
  if (!existsSync(installed)) install(installed);
  const dir = join(installed, 'ziglang');
  const env = {
    ...process.env,
    ZIG_GLOBAL_CACHE_DIR: join(cache, 'zig-cache'),
    ZIG_LOCAL_CACHE_DIR: join(cache, 'zig-cache'),
  };
  const run = async (...args) => {
    try {
      await execute(join(dir, 'zig'), args, { env });
    } catch (error) {
      throw new Error(error.stderr?.trim() || error.message, { cause: error });
    }
  };
  return { dir, run };
}
