// Which Pythons there are: the machine's own, and a 3.9, the oldest that the package supports.
//
// A 3.9 that is not on PATH is taken from Debian 11's packages. They are only extracted: Python finds
// its library beside itself, and a newer C library runs it, so neither root nor a container is needed.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { execute } from './steps.mjs';

const DEBIAN = 'bullseye';
// Once a release is old it is only in the archive.
const MIRRORS = ['http://deb.debian.org/debian', 'http://archive.debian.org/debian'];
// What newer systems no longer have. Not the whole directory: its C library would be mixed with ours.
const OLD_LIBRARIES = ['libffi.so.7', 'libssl.so.1.1', 'libcrypto.so.1.1', 'libmpdec.so.3'];

const VERSION = 'import sys; print("%d.%d.%d" % sys.version_info[:3], sys.executable)';

// What root has for itself may lie where nobody else can reach it, and some tests run as another user.
const AS_ANYBODY = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};

/** `{ program, env, version, executable }` of a program if it runs and has these modules. */
function interpreter(program, env, modules, how = {}) {
  const code = `import ${modules.join(', ')}; ${VERSION}`;
  const done = spawnSync(program, ['-c', code], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    ...how,
  });
  if (done.status !== 0) return undefined;
  const [version, ...words] = done.stdout.trim().split(' ');
  return { program, env, version, executable: words.join(' ') };
}

/** The machine's Python, or the reason why it cannot be used. */
export function machinePython() {
  const all = ['python3', '/usr/bin/python3'].flatMap(
    (program) => interpreter(program, {}, ['ctypes']) ?? [],
  );
  const found =
    all.find(({ executable }) => interpreter(executable, {}, ['ctypes'], AS_ANYBODY)) ?? all[0];
  if (found === undefined) return 'there is no python3';
  const [major, minor] = found.version.split('.').map(Number);
  if (major < 3 || (major === 3 && minor < 10))
    return `python3 is ${found.version}, and the tools need 3.10 or newer`;
  if (interpreter(found.program, {}, ['venv', 'ensurepip']) === undefined)
    return 'python3 cannot make virtual environments: install them (Debian: `apt-get install python3-venv`)';
  return found;
}

/** A Python 3.9, or the reason why there is none. */
export function oldestPython(steps, cache) {
  const needed = ['ctypes', 'ssl', 'sqlite3', 'venv'];
  const own = interpreter('python3.9', {}, needed);
  if (own !== undefined) return own;
  const root = join(cache, `${DEBIAN}-python3.9`);
  if (!existsSync(root)) {
    const why = extract(steps, cache, root);
    if (why !== undefined) return why;
  }
  const env = { LD_LIBRARY_PATH: join(root, 'old-libraries') };
  const found = interpreter(join(root, 'usr/bin/python3.9'), env, needed);
  return found ?? `the Python 3.9 of Debian in ${root} does not run here`;
}

function extract(steps, cache, root) {
  if (spawnSync('mmdebstrap', ['--version'], { stdio: 'ignore' }).error !== undefined)
    return 'neither python3.9 nor mmdebstrap is installed';
  mkdirSync(cache, { recursive: true });
  steps.say(`Python 3.9 of Debian 11 into ${root} (made once) …`);
  let output = '';
  for (const mirror of MIRRORS) {
    const making = mkdtempSync(`${root}.`);
    const args = ['--quiet', '--variant=extract', '--include=python3,python3-venv'];
    const done = execute('mmdebstrap', [...args, DEBIAN, making, mirror]);
    if (done.ok) return keep(making, root);
    rmSync(making, { recursive: true });
    output += done.output;
  }
  return `mmdebstrap failed: ${output.trim()}`;
}

function keep(making, root) {
  const libraries = readdirSync(join(making, 'usr/lib')).filter((name) => /-linux-gnu/.test(name));
  mkdirSync(join(making, 'old-libraries'));
  for (const triplet of libraries)
    for (const name of readdirSync(join(making, 'usr/lib', triplet)))
      if (OLD_LIBRARIES.includes(name))
        symlinkSync(join('../usr/lib', triplet, name), join(making, 'old-libraries', name));
  try {
    renameSync(making, root);
  } catch {
    rmSync(making, { recursive: true }); // another run was first
  }
  return undefined;
}
