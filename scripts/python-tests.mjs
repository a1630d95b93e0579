// Builds, checks and tests the Python package: the wheel is what is tested, not the source tree.
//
//   node scripts/python-tests.mjs [--junit=DIR]
//
// Under the machine's Python and, where it can be had, 3.9. Without a usable Python all is skipped out
// loud; that is a failure where LOCKBRIDGE_REQUIRE_PEERS=1.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peersDir, requirePeers } from '../dist/env.js';
import { machinePython, oldestPython } from './python/interpreters.mjs';
import { Steps } from './python/steps.mjs';
import { cachedVenv, pythonOf, wheelVenv } from './python/venv.mjs';

const PACKAGE = fileURLToPath(new URL('../python-compat/', import.meta.url));
const CHECK_DIST = fileURLToPath(new URL('python/check_dist.py', import.meta.url));
const TOOLS = join(PACKAGE, 'requirements-tools.txt');
const IMPORTS = join(PACKAGE, 'requirements-test.txt');
const CACHE = join(peersDir(), 'python-tests');

const { values } = parseArgs({ options: { junit: { type: 'string' } } });
const work = mkdtempSync(join(tmpdir(), 'lockbridge-python-'));
const junit = resolve(values.junit ?? join(work, 'junit'));
mkdirSync(junit, { recursive: true });

const steps = new Steps();

function skip(what, why) {
  steps.say(`SKIPPED: ${what}: ${why}`);
  if (requirePeers()) steps.prepare(what, () => ({ ok: false, output: 'it must run here' }));
}

function main() {
  const python = machinePython();
  if (typeof python === 'string') return skip('the Python package', python);
  const tools = cachedVenv(steps, CACHE, python, TOOLS);
  if (tools === undefined) return;
  const pip = pythonOf(tools);
  check(pip);
  const wheel = build(pip);
  if (wheel === undefined) return;
  test(python, tools, pip, wheel);
  const oldest = oldestPython(steps, CACHE);
  if (typeof oldest === 'string') return skip('the tests under Python 3.9', oldest);
  const imports = cachedVenv(steps, CACHE, oldest, IMPORTS, pip);
  if (imports !== undefined) test(oldest, imports, pip, wheel);
}

function check(tool) {
  const at = { cwd: PACKAGE };
  steps.check('ruff check', tool, ['-m', 'ruff', 'check', '--no-cache', '.'], at);
  steps.check('ruff format', tool, ['-m', 'ruff', 'format', '--no-cache', '--check', '.'], at);
  steps.check('mypy --strict', tool, ['-m', 'mypy', '--cache-dir', join(CACHE, 'mypy')], at);
}

// The wheel of the tree, if it can be published.
function build(tool) {
  const [direct, through] = [join(work, 'dist'), join(work, 'dist-of-sdist')];
  const build = ['-m', 'build', '--no-isolation', '--outdir'];
  if (!steps.check('build the wheel', tool, [...build, direct, '--wheel', PACKAGE]))
    return undefined;
  // Without a choice, the wheel is built from the sdist.
  if (!steps.check('build the sdist, and a wheel of it', tool, [...build, through, PACKAGE]))
    return undefined;
  const one = (directory, end) =>
    join(directory, readdirSync(directory).find((name) => name.endsWith(end)) ?? '');
  const wheel = one(direct, '.whl');
  const files = [wheel, one(through, '.tar.gz'), one(through, '.whl')];
  steps.check('contents of wheel and sdist', tool, [CHECK_DIST, ...files]);
  return wheel;
}

function test(python, requirements, pip, wheel) {
  const name = `Python ${python.version}`;
  const venv = join(work, `venv-${python.version}`);
  const made = () => wheelVenv(venv, python, pip, wheel, requirements);
  if (!steps.prepare(`install the wheel: ${name}`, made)) return;
  const report = join(junit, `tests-${python.version}.xml`);
  const args = [
    '-p',
    'no:cacheprovider',
    '--timeout=180', // seconds a test: one that hangs is a failure, not a run without an end
    // As vitest.config.ts has it: asked once more where a run decides what lands, and named.
    ...(process.env.CI === 'true' ? ['--reruns=1', '-rfER'] : []),
    `--junitxml=${report}`,
    `--basetemp=${join(work, 'tmp')}`,
  ];
  // Nobody's PYTHONPATH may put the source tree before the wheel.
  const env = { ...python.env, PYTHONPATH: undefined, PYTHONDONTWRITEBYTECODE: '1' };
  const how = { cwd: PACKAGE, env };
  steps.test(`tests: ${name}`, report, pythonOf(venv), ['-m', 'pytest', ...args], how);
}

try {
  main();
} finally {
  steps.report(join(junit, 'checks.xml'));
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = steps.ok ? 0 : 1;
