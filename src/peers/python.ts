// Peers written in Python: which interpreter, with which packages, and the line protocol around the
// few lines that are the peer.

import { join } from 'node:path';
import { peersDir } from '../env.js';
import { run } from './children.js';
import { openProgram } from './program-session.js';
import type { Detection, Session } from './types.js';

const LOOP = `
import sys
print('ready', flush=True)
for line in sys.stdin:
    verb, _, path = line.rstrip('\\n').partition(' ')
    try:
        if verb == 'release':
            release(path)
            answer = 'released'
        else:
            answer = hold(path)
            if verb == 'take' and answer == 'acquired':
                release(path)
    except Exception as error:
        answer = 'error %s: %s' % (type(error).__name__, error)
    print(' '.join(answer.split()), flush=True)
`;

/** Where pip puts the packages of the peers. */
export function pythonDir(): string {
  return join(peersDir(), 'python');
}

let interpreter: Promise<string> | undefined;

// python3 in PATH may be a shim of a version manager that costs more than the interpreter itself.
async function findPython(): Promise<string> {
  const ran = await run(['python3', '-c', 'import sys; print(sys.executable)']);
  return ran.status === 0 ? ran.stdout.trim() : '';
}

/** The interpreter's real path; empty without one. */
export async function python(): Promise<string> {
  return (interpreter ??= findPython());
}

const searchPath = (first: readonly string[]): string => [...first, pythonDir()].join(':');

/** Runs `code`, which prints a version, with the peers' packages in reach, those in `first` before. */
export async function detectPython(
  code: string,
  missing: string,
  first: readonly string[] = [],
): Promise<Detection> {
  const path = await python();
  if (path === '') return { available: false, reason: 'no `python3` in PATH' };
  const ran = await run([path, '-c', code], {
    PYTHONPATH: searchPath(first),
    PYTHONDONTWRITEBYTECODE: '1',
  });
  if (ran.status !== 0) return { available: false, reason: missing };
  return { available: true, version: ran.stdout.trim() };
}

/** The same for a package that is imported by the name under which it is installed. */
export async function detectPythonPackage(name: string): Promise<Detection> {
  const code = `import importlib.metadata, ${name}; print(importlib.metadata.version('${name}'))`;
  return detectPython(code, `the Python package ${name} is not installed`);
}

/** Starts a script that defines `hold(path)` (returns the answer) and `release(path)`. */
export async function openPython(
  id: string,
  script: string,
  first: readonly string[] = [],
): Promise<Session> {
  const env = { PYTHONPATH: searchPath(first), PYTHONDONTWRITEBYTECODE: '1' };
  return openProgram({ id, argv: [await python(), '-c', script + LOOP], env });
}
