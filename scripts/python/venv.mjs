// Virtual environments: one with pinned requirements, kept for as long as the pins are the same, and
// a fresh one for each test run, which has the wheel and, by a .pth file, what the tests import.

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execute } from './steps.mjs';

const PIP = ['-m', 'pip', '--disable-pip-version-check', '--no-input'];

/** The Python in a virtual environment. */
export const pythonOf = (venv) => join(venv, 'bin', 'python');

function sitePackages(venv) {
  const lib = join(venv, 'lib');
  return join(lib, readdirSync(lib)[0], 'site-packages');
}

// What is in the requirements, with the files that they include.
function contentOf(file) {
  const text = readFileSync(file, 'utf8');
  const included = [...text.matchAll(/^-r (.+)$/gm)].map(([, name]) => join(dirname(file), name));
  return [text, ...included.map(contentOf)].join('\n');
}

/**
 * The environment of `python` ({ program, env, version }) with the requirements in `file`, made in
 * `cache` unless it is there. `pip`: a Python whose pip installs into it, its own by default.
 */
export function cachedVenv(steps, cache, python, file, pip) {
  const key = createHash('sha256')
    .update(`${python.version}\n${contentOf(file)}`)
    .digest('hex');
  const venv = join(cache, `${basename(file, '.txt')}-${python.version}-${key.slice(0, 12)}`);
  if (existsSync(venv)) return venv;
  mkdirSync(cache, { recursive: true });
  // Under a name of its own until it is whole: another run may be making the same.
  const making = mkdtempSync(`${venv}.`);
  const made = steps.prepare(`${basename(file)} into ${venv} (made once)`, () => {
    const { env } = python;
    const withPip = pip === undefined ? [] : ['--without-pip'];
    const begun = execute(python.program, ['-m', 'venv', ...withPip, making], { env });
    if (!begun.ok) return begun;
    const target = ['--python', pythonOf(making), 'install', '--quiet', '-r', file];
    return execute(pip ?? pythonOf(making), [...PIP, ...target], { env });
  });
  if (!made) {
    rmSync(making, { recursive: true });
    return undefined;
  }
  try {
    renameSync(making, venv);
  } catch {
    rmSync(making, { recursive: true }); // the other run was first
  }
  return venv;
}

/** A fresh environment in `directory` with `wheel` and, beside it, what is in `requirements`. */
export function wheelVenv(directory, python, pip, wheel, requirements) {
  const { env } = python;
  const begun = execute(python.program, ['-m', 'venv', '--without-pip', directory], { env });
  if (!begun.ok) return begun;
  const target = ['--python', pythonOf(directory), 'install', '--quiet', '--no-index', '--no-deps'];
  const done = execute(pip, [...PIP, ...target, wheel], { env });
  if (done.ok) {
    const beside = `${sitePackages(requirements)}\n`;
    writeFileSync(join(sitePackages(directory), 'requirements.pth'), beside);
  }
  return done;
}
