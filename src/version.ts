// Which lockbridge this is, as its package.json says, and what was built with it.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** For example `0.1.0`. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Where the native `lockbridge-run` is if it was built. */
export function nativeRun(): string {
  return fileURLToPath(new URL('../build/Release/lockbridge-run', import.meta.url));
}

/** A file that the build made, by its name below `dist/`. */
export function distFile(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
}
