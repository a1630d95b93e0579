// Installing missing peers: apt packages where we may, Python and npm packages into the peers' cache.
// Every command line is reported before it runs, and a failure is text, never an exception.

import { mkdir } from 'node:fs/promises';
import { extraCertificates, peersDir } from '../env.js';
import { run } from './children.js';
import { npmDir } from './node.js';
import { python, pythonDir } from './python.js';
import type { Install, Peer } from './types.js';

const BOUND_MS = 300_000;

type Report = (line: string) => void;

/** How a person installs a peer by hand; empty if it is part of lockbridge. */
export function howToInstall({ apt, pip, npm }: Install = {}): string {
  return [
    apt && `apt-get install ${apt.join(' ')}`,
    pip && `pip install --target ${pythonDir()} ${pip.join(' ')}`,
    npm && `npm install --prefix ${npmDir()} ${npm.join(' ')}`,
  ]
    .filter((line) => line !== undefined)
    .join(' && ');
}

function wanted(missing: readonly Peer[], by: keyof Install): string[] {
  return [...new Set(missing.flatMap(({ install }) => install?.[by] ?? []))];
}

async function step(argv: readonly string[], report: Report): Promise<string[]> {
  report(argv.join(' '));
  const env = { DEBIAN_FRONTEND: 'noninteractive', ...extraCertificates() };
  const ran = await run(argv, env, BOUND_MS);
  if (ran.status === 0) return [];
  return [`${argv.join(' ')}: exit ${String(ran.status)}: ${ran.stderr.trim().slice(-500)}`];
}

async function aptInstall(packages: readonly string[], report: Report): Promise<string[]> {
  if (packages.length === 0) return [];
  const line = `apt-get install ${packages.join(' ')}`;
  if (process.getuid?.() !== 0) return [`${line}: needs root`];
  if ((await run(['apt-get', '--version'])).status !== 0) return [`${line}: no apt-get here`];
  const failed = await step(['apt-get', 'update'], report);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  return [...failed, ...(await step(install, report))];
}

async function pipInstall(packages: readonly string[], report: Report): Promise<string[]> {
  if (packages.length === 0) return [];
  // Debian's python3 comes without pip.
  const failed =
    (await run([await python(), '-m', 'pip', '--version'])).status === 0
      ? []
      : await aptInstall(['python3-pip'], report);
  if (failed.length > 0) return failed;
  const pip = [await python(), '-m', 'pip', 'install', '--no-deps', '--target', pythonDir()];
  return step([...pip, ...packages], report);
}

async function npmInstall(packages: readonly string[], report: Report): Promise<string[]> {
  if (packages.length === 0) return [];
  const options = [
    '--prefix',
    npmDir(),
    '--ignore-scripts',
    '--no-save',
    '--no-audit',
    '--no-fund',
  ];
  return step(['npm', 'install', ...options, ...packages], report);
}

/** Installs what the `missing` peers need. Returns what failed, as text. */
export async function installPeers(missing: readonly Peer[], report: Report): Promise<string[]> {
  try {
    await Promise.all([npmDir(), pythonDir()].map((dir) => mkdir(dir, { recursive: true })));
  } catch (error) {
    return [`cannot create ${peersDir()}: ${String(error)}`];
  }
  // One after the other: apt may bring the python3 and pip that come next.
  return [
    ...(await aptInstall(wanted(missing, 'apt'), report)),
    ...(await pipInstall(wanted(missing, 'pip'), report)),
    ...(await npmInstall(wanted(missing, 'npm'), report)),
  ];
}
