// Makes the directory states of test/vectors/states.json; its README.md says what each step means.

import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.js';

export type Step =
  | {
      make: string;
      name: string;
      content?: string;
      target?: string;
      to?: string;
      value?: string;
      size?: number;
      mode?: string;
      mtime?: number;
      uid?: number;
    }
  | { hold: string; name: string; as: string }
  | { release: string }
  | { move: string; to: string }
  | { remove: string };

const HOLDER = fileURLToPath(new URL('../vectors/holder.py', import.meta.url));

// What depends on where and when the vectors run.
function filled(text: string): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return text
    .replaceAll('{self}', String(process.pid))
    .replaceAll('{host}', hostname())
    .replaceAll('{boot}', boot);
}

async function helper(kind: string, path: string, value?: string): Promise<Child> {
  const args = [HOLDER, kind, path, ...(value === undefined ? [] : [value])];
  const child = new Child('/usr/bin/python3', args);
  const said = await child.line();
  if (said !== 'held' && said !== 'done') throw new Error(`holder.py ${kind} said: ${said}`);
  return child;
}

async function make(dir: string, step: Extract<Step, { make: string }>): Promise<void> {
  const path = join(dir, step.name);
  const { content = '', target = '', to = '' } = step;
  if (step.make === 'file') writeFileSync(path, filled(content), 'latin1');
  else if (step.make === 'directory') mkdirSync(path);
  else if (step.make === 'symlink') symlinkSync(filled(target), path);
  else if (step.make === 'link') linkSync(join(dir, to), path);
  else if (step.make !== 'mode') await (await helper(step.make, path, step.value)).ended;
  if (step.size !== undefined) truncateSync(path, step.size);
  if (step.uid !== undefined) chownSync(path, step.uid, step.uid);
  if (step.mode !== undefined) chmodSync(path, Number.parseInt(step.mode, 8));
  if (step.mtime !== undefined) utimesSync(path, step.mtime, step.mtime);
}

/** Takes the steps in `dir`; answers the processes that hold, by their names. */
export async function makeState(
  dir: string,
  steps: readonly Step[],
): Promise<ReadonlyMap<string, number>> {
  const children = new Map<string, Child>();
  for (const step of steps)
    if ('make' in step) await make(dir, step);
    else if ('hold' in step) children.set(step.as, await helper(step.hold, join(dir, step.name)));
    else if ('release' in step) await children.get(step.release)?.finish();
    else if ('move' in step) renameSync(join(dir, step.move), join(dir, step.to));
    else rmSync(join(dir, step.remove));
  return new Map([...children].map(([name, child]) => [name, child.process.pid ?? 0]));
}
