// Ends a process and everything below it without a gap in which one more could be started: each is
// stopped before its children are looked for.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it is gone
  }
}

/** One letter as in proc(5); '' for none. */
export function stateOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? '';
}

const runs = (pid) => !['', 'Z', 'X'].includes(stateOf(pid));

function childrenOf(pid) {
  let tasks = [];
  try {
    tasks = readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it is gone
  }
  return tasks.flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
}

/** Sends a signal; false if there is nobody. */
export function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

function freeze(pid) {
  signal(pid, 'SIGSTOP');
  while (runs(pid) && stateOf(pid) !== 'T'); // a moment: the signal is on its way
  return [pid, ...childrenOf(pid).flatMap(freeze)];
}

/** SIGKILL for the process and all below it; resolves when none of them runs. */
export async function killTree(pid) {
  const all = freeze(pid);
  for (const one of all) signal(one, 'SIGKILL');
  while (all.some(runs)) await setTimeout(1);
}
