// Which lockbridge this is, as its package.json says, and what was built with it.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** For example `0.1.0`. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Where the native `lockbridge-run` is, built here or shipped; undefined if it is neither. */
export function nativeRun(): string | undefined {
  const places = ['build/Release', `prebuilds/${process.platform}-${process.arch}`];
  return places
    .map((place) => fileURLToPath(new URL(`../${place}/lockbridge-run`, import.meta.url)))
    .find(existsSync);
}

/** A file that the build made, by its name below `dist/`. */
export function distFile(name: string): string {
  return fileURLToPath(new URL(`../dist/${name}`, import.meta.url));
}
