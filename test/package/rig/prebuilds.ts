// The binaries that are to be published, which `npm run build:release` makes.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDONS, PROGRAMS } from '../../../scripts/prebuild/platforms.mjs';

export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

export interface Binary {
  /** Such as linux-arm64-musl; without a C library for lockbridge-run. */
  machine: string;
  file: string;
}

const binaries = (machines: readonly { name: string }[], file: string): Binary[] =>
  machines.map(({ name }) => ({ machine: name, file: join(ROOT, 'prebuilds', name, file) }));

export const addons: readonly Binary[] = binaries(ADDONS, 'lockbridge.node');
export const programs: readonly Binary[] = binaries(PROGRAMS, 'lockbridge-run');

/** Why they cannot be tested; undefined if all are there and not older than their sources. */
export function lacksPrebuilds(): string | undefined {
  const files = [...addons, ...programs].map(({ file }) => file);
  const absent = files.filter((file) => !existsSync(file));
  if (absent.length > 0) return `no ${absent.join(', ')} (npm run build:release)`;
  const built = Math.min(...files.map((file) => statSync(file).mtimeMs));
  const sources = ['native', 'native/run'].flatMap((dir) =>
    readdirSync(join(ROOT, dir))
      .filter((name) => /\.(?:cc|h)$/.test(name))
      .map((name) => join(ROOT, dir, name)),
  );
  const newer = sources.filter((file) => statSync(file).mtimeMs > built);
  return newer.length === 0 ? undefined : `older than ${newer[0] ?? ''} (npm run build:release)`;
}
