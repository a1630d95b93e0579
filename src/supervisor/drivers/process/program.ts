// Finding a program as execvp(3) does, by the service's own PATH and working directory. Looked at
// twice: when a service is fetched, and in its own namespace when it is started.

import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where the program lies, or why there is none to run. */
export type Found = { path: string } | { why: string; exists?: true };

function check(path: string): Found {
  try {
    if (!statSync(path).isFile()) return { why: `'${path}' is not a file` };
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return { why: code === 'ENOENT' ? `'${path}' does not exist` : `'${path}': ${code}` };
  }
  try {
    accessSync(path, constants.X_OK);
    return { path };
  } catch {
    return { why: `'${path}' is not executable for this user; \`chmod +x\` it`, exists: true };
  }
}

/** `path`: the value of PATH; an empty part of it is the working directory. */
export function findProgram(name: string, path: string, workingDir: string): Found {
  if (name.includes('/')) return check(resolve(workingDir, name));
  let none: Found = { why: `no program '${name}' in PATH (${path})` };
  for (const dir of path.split(':')) {
    const found = check(resolve(workingDir, dir, name));
    if ('path' in found) return found;
    if (found.exists) none = found;
  }
  return none;
}
