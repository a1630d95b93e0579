// Installing missing peers: apt packages where we may, Python and npm packages and what is compiled
// into the peers' cache. Addons are compiled by node-gyp, called by its name: no package's install
// script ever runs.
// Every command line is reported before it runs, and a failure is text, never an exception.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { extraCertificates, peersDir } from '../env.js';
import { run } from './children.js';
import { buildCommand, missingToolchain, type Language } from './compiled.js';
import { npmDir } from './node.js';
import { python, pythonDir } from './python.js';
import type { Install, Peer } from './types.js';

const BOUND_MS = 300_000;

type Report = (line: string) => void;

/** The command that compiles a package which npm has unpacked. */
function addonBuild(name: string): string[] {
  const rebuild = ['node-gyp', 'rebuild', '-C', join(npmDir(), 'node_modules', name)];
  return ['npm', 'exec', '--prefix', npmDir(), '--', ...rebuild];
}

/** How a person installs a peer by hand; empty if it is part of lockbridge. */
export function howToInstall({ apt, pip, npm, addons, compile }: Install = {}): string {
  return [
    apt && `apt-get install ${apt.join(' ')}`,
    pip && `pip install --target ${pythonDir()} ${pip.join(' ')}`,
    npm && `npm install --prefix ${npmDir()} --ignore-scripts ${npm.join(' ')}`,
    ...(addons ?? []).map((name) => addonBuild(name).join(' ')),
    ...(compile ?? []).map((language) => buildCommand(language).join(' ')),
  ]
    .filter((line) => line !== undefined)
    .join(' && ');
}

function wanted<By extends keyof Install>(
  missing: readonly Peer[],
  by: By,
): NonNullable<Install[By]>[number][] {
  return [...new Set(missing.flatMap(({ install }) => install?.[by] ?? []))];
}

async function step(argv: readonly string[], report: Report): Promise<string[]> {
  report(argv.join(' '));
  const env = { DEBIAN_FRONTEND: 'noninteractive', ...extraCertificates() };
  const ran = await run(argv, env, BOUND_MS);
  if (ran.status === 0) return [];
  return [`${argv.join(' ')}: exit ${String(ran.status)}: ${ran.stderr.trim().slice(-500)}`];
}

/** One after the other, whatever fails. */
async function each<Name extends string>(
  names: readonly Name[],
  install: (name: Name) => Promise<string[]>,
): Promise<string[]> {
  const failed: string[] = [];
  for (const name of names) failed.push(...(await install(name)));
  return failed;
}

/** Installs Debian packages; the lists of packages are brought up to date once. */
type Apt = (packages: readonly string[]) => Promise<string[]>;

function aptOnce(report: Report): Apt {
  let updated = false;
  return async (packages) => {
    if (packages.length === 0) return [];
    const line = `apt-get install ${packages.join(' ')}`;
    if (process.getuid?.() !== 0) return [`${line}: needs root`];
    if ((await run(['apt-get', '--version'])).status !== 0) return [`${line}: no apt-get here`];
    const failed = updated ? [] : await step(['apt-get', 'update'], report);
    updated = true;
    const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
    return [...failed, ...(await step(install, report))];
  };
}

async function pipInstall(
  packages: readonly string[],
  apt: Apt,
  report: Report,
): Promise<string[]> {
  if (packages.length === 0) return [];
  // Debian's python3 comes without pip.
  const failed =
    (await run([await python(), '-m', 'pip', '--version'])).status === 0
      ? []
      : await apt(['python3-pip']);
  if (failed.length > 0) return failed;
  const pip = [await python(), '-m', 'pip', 'install', '--no-deps', '--target', pythonDir()];
  // One by one: what this Python is too old for must not keep the others away.
  return each(packages, (name) => step([...pip, name], report));
}

async function npmInstall(packages: readonly string[], report: Report): Promise<string[]> {
  if (packages.length === 0) return [];
  // Saved: npm removes what nobody asked for, and so would take away what came before.
  const options = ['--ignore-scripts', '--save-exact', '--no-audit', '--no-fund'];
  return step(['npm', 'install', '--prefix', npmDir(), ...options, ...packages], report);
}

async function compile(language: Language, apt: Apt, report: Report): Promise<string[]> {
  const failed = await apt(await missingToolchain(language));
  return failed.length > 0 ? failed : step(buildCommand(language), report);
}

/** Installs what the `missing` peers need. Returns what failed, as text. */
export async function installPeers(missing: readonly Peer[], report: Report): Promise<string[]> {
  try {
    await Promise.all([npmDir(), pythonDir()].map((dir) => mkdir(dir, { recursive: true })));
  } catch (error) {
    return [`cannot create ${peersDir()}: ${String(error)}`];
  }
  const apt = aptOnce(report);
  // One after the other: apt may bring the python3 and pip that come next.
  return [
    ...(await apt(wanted(missing, 'apt'))),
    ...(await pipInstall(wanted(missing, 'pip'), apt, report)),
    ...(await npmInstall(wanted(missing, 'npm'), report)),
    ...(await each(wanted(missing, 'addons'), (name) => step(addonBuild(name), report))),
    ...(await each(wanted(missing, 'compile'), (language) => compile(language, apt, report))),
  ];
}
