// A container as the engine describes it, told as a run of a service.

import type { ContainerInspectInfo } from 'dockerode';
import { parseCgroup } from '../../../inspect/container.js';
import { readStart } from '../../../inspect/procfs.js';
import type { Instance } from '../types.js';
import { identityOf } from './labels.js';

// Engines write the year 1 for "never", and Podman local time.
function moment(text: string): string | undefined {
  const date = new Date(text);
  return date.getTime() > 0 ? date.toISOString() : undefined;
}

// The engine counts in its own pid namespace, which need not be ours: the number is ours if the
// process that has it here is in that very container.
function pidHere(pid: number, id: string): number | undefined {
  if (pid <= 0) return undefined;
  const { container } = parseCgroup(readStart(`/proc/${String(pid)}/cgroup`, 4096));
  return container?.id === id ? pid : undefined;
}

/** Undefined if it is not ours. `never-started`: made, but what made it did not get further. */
export function instanceOf(seen: ContainerInspectInfo): Instance | 'never-started' | undefined {
  const identity = identityOf(seen.Config.Labels);
  if (identity === undefined) return undefined;
  const { State } = seen;
  const startedAt = moment(State.StartedAt);
  const running = State.Running || State.Paused || State.Restarting;
  if (startedAt === undefined) return running ? undefined : 'never-started';
  const base = { id: seen.Id, ...identity, startedAt };
  if (running) {
    const pid = pidHere(State.Pid, seen.Id);
    return { ...base, state: 'running', ...(pid !== undefined && { pid }) };
  }
  const exitedAt = moment(State.FinishedAt);
  const ended = { ...(exitedAt !== undefined && { exitedAt }), exitCode: State.ExitCode };
  return { ...base, state: 'exited', ...ended };
}
