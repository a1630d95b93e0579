// Peers of compiled languages. Their programs are part of the package, as sources; each language is
// built once, into the peers' directory, and serves all peers of the language by an argument.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peersDir } from '../env.js';
import { run } from './children.js';
import { openProgram } from './program-session.js';
import type { Detection, Family, Install, Peer } from './types.js';

export type Language = 'go' | 'rust' | 'java';

interface Toolchain {
  readonly source: string;
  /** The argument vector that builds `source` into the directory `out`. */
  readonly build: (source: string, out: string) => readonly string[];
  /** What the build leaves, below `out`. */
  readonly built: string;
  /** The argument vector that runs it. */
  readonly start: (out: string) => readonly string[];
  /** What a person has to have, and the Debian packages that bring it. */
  readonly needs: string;
  readonly apt: readonly string[];
}

const PROGRAMS = fileURLToPath(new URL('./programs', import.meta.url));

// A session lives for a moment: no time for the second compiler. Not the serial collector, which looks
// cheaper but cannot map the archived heap: it starts with nearly twice the processor time.
const JAVA = ['java', '-XX:TieredStopAtLevel=1', '-Xmx32m'];

const TOOLCHAINS: Readonly<Record<Language, Toolchain>> = {
  go: {
    source: 'go',
    // `go build -C` is younger than the Go of Debian 12.
    build: (source, out) => ['env', '-C', source, 'go', 'build', '-o', join(out, 'peer'), '.'],
    built: 'peer',
    start: (out) => [join(out, 'peer')],
    needs: 'Go 1.19',
    apt: ['golang-go', 'ca-certificates'],
  },
  rust: {
    source: 'rust/Cargo.toml',
    build: (manifest, out) => [
      ...['cargo', 'build', '--release', '--locked'],
      ...['--manifest-path', manifest, '--target-dir', out],
    ],
    built: 'release/lockbridge-peer',
    start: (out) => [join(out, 'release/lockbridge-peer')],
    needs: 'Rust 1.89, newer than that of Debian 12',
    apt: ['cargo', 'rustc', 'ca-certificates'],
  },
  java: {
    source: 'java/Session.java',
    build: (source, out) => ['javac', '-d', out, source],
    built: 'Session.class',
    start: (out) => [...JAVA, '-cp', out, 'Session'],
    needs: 'a JDK, 11 or newer',
    apt: ['default-jdk-headless'],
  },
};

function outputOf(language: Language): string {
  return join(peersDir(), language);
}

/** The argument vector that builds the programs of `language`. */
export function buildCommand(language: Language): readonly string[] {
  const { build, source } = TOOLCHAINS[language];
  return build(join(PROGRAMS, source), outputOf(language));
}

/** The Debian packages of the compiler, if it is missing. */
export async function missingToolchain(language: Language): Promise<readonly string[]> {
  const compiler = {
    go: ['go', 'version'],
    rust: ['cargo', '--version'],
    java: ['javac', '-version'],
  };
  const { status } = await run(compiler[language]);
  return status === 0 ? [] : TOOLCHAINS[language].apt;
}

async function detect(language: Language): Promise<Detection> {
  const out = outputOf(language);
  const { built, start, needs } = TOOLCHAINS[language];
  try {
    await access(join(out, built));
  } catch {
    return { available: false, reason: `not built: no ${join(out, built)}; it needs ${needs}` };
  }
  const ran = await run(start(out));
  if (ran.status !== 0) return { available: false, reason: `does not run: ${ran.stderr.trim()}` };
  return { available: true, version: ran.stdout.trim() };
}

export interface Compiled {
  readonly id: string;
  readonly name: string;
  readonly family: Family;
  readonly mechanism: string;
  readonly language: Language;
  /** The argument that makes the program of its language this peer. */
  readonly mode: string;
}

/** A peer that is one mode of the program of its language. */
export function compiled({ language, mode, ...peer }: Compiled): Peer {
  const install: Install = { compile: [language] };
  return {
    ...peer,
    install,
    detect: () => detect(language),
    open: () =>
      openProgram({ id: peer.id, argv: [...TOOLCHAINS[language].start(outputOf(language)), mode] }),
  };
}
