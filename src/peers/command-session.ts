// A peer that is a command. Two ways to hold: the command makes the lock and ends, and another one
// removes it (lockfile, dotlockfile, mkdir); or it runs `cat` under the lock, held by our open pipe.

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { BOUND_MS, ended, killGroup, run, start, type Ran } from './children.js';
import type { Outcome, Session } from './types.js';

interface Common {
  /** The peer, for messages. */
  readonly id: string;
  /** Whether an end other than success says "somebody holds it" rather than "cannot". */
  refused(ran: Ran): boolean;
  /** A second look at a refusal, for peers that give reasons elsewhere. */
  explain?(path: string): Promise<Outcome>;
}

export interface MakeAndRemove extends Common {
  make(path: string): readonly string[];
  remove(path: string): readonly string[];
}

export interface Wrapper extends Common {
  /** The argument vector that runs `command` under the lock. */
  wrap(path: string, command: readonly string[]): readonly string[];
}

async function judge(common: Common, path: string, ran: Ran): Promise<Outcome> {
  if (ran.status === 0) return { kind: 'acquired' };
  const said = ran.stderr.trim().replaceAll('\n', ' ').slice(0, 300);
  if (common.refused(ran))
    return (
      (await common.explain?.(path)) ?? { kind: 'refused', ...(said !== '' && { detail: said }) }
    );
  const status = ran.status === null ? 'no exit status' : `exit ${String(ran.status)}`;
  return { kind: 'error', detail: `${common.id}: ${status}${said === '' ? '' : `: ${said}`}` };
}

/** A session of a peer whose lock outlives the command that makes it. */
export function openMakeAndRemove(peer: MakeAndRemove): Session {
  const hold = async (path: string): Promise<Outcome> =>
    judge(peer, path, await run(peer.make(path)));
  const release = async (path: string): Promise<void> => {
    const ran = await run(peer.remove(path));
    if (ran.status !== 0) throw new Error(`${peer.id} cannot release: ${ran.stderr.trim()}`);
  };
  const take = async (path: string): Promise<Outcome> => {
    const outcome = await hold(path);
    if (outcome.kind === 'acquired') await release(path);
    return outcome;
  };
  // Nothing runs while the lock is held, so a crash kills nothing and removes nothing.
  const nothing = async (): Promise<void> => Promise.resolve();
  return { hold, release, take, kill: nothing, close: nothing };
}

// Only an answer of the wrapped cat proves that the wrapper got the lock and runs its command.
async function echoes(child: ChildProcessWithoutNullStreams): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      killGroup(child);
    }, BOUND_MS);
    const answer = (held: boolean) => (): void => {
      clearTimeout(timer);
      resolve(held);
    };
    child.stdout.once('data', answer(true));
    child.once('close', answer(false));
    child.once('error', answer(false));
    child.stdin.write('held?\n');
  });
}

/** A session of a peer that runs a command under the lock. */
export function openWrapper(peer: Wrapper): Session {
  const holders = new Map<string, ChildProcessWithoutNullStreams>();
  const end = async (child: ChildProcessWithoutNullStreams, crash: boolean): Promise<void> => {
    if (crash) killGroup(child);
    child.stdin.end();
    await ended(child);
  };
  const endAll = async (crash: boolean): Promise<void> => {
    const all = [...holders.values()];
    holders.clear();
    await Promise.all(all.map(async (child) => end(child, crash)));
  };
  return {
    hold: async (path) => {
      const child = start(peer.wrap(path, ['cat']));
      const ran: Ran = { status: null, stdout: '', stderr: '' };
      child.stderr.on('data', (data: Buffer) => (ran.stderr += data.toString()));
      child.once('error', (error) => (ran.stderr += error.message));
      if (await echoes(child)) {
        holders.set(path, child);
        return { kind: 'acquired' };
      }
      return judge(peer, path, { ...ran, status: child.exitCode });
    },
    release: async (path) => {
      const child = holders.get(path);
      holders.delete(path);
      if (child === undefined) throw new Error(`${peer.id} does not hold ${path}`);
      await end(child, false);
    },
    take: async (path) => judge(peer, path, await run(peer.wrap(path, ['true']))),
    kill: () => endAll(true),
    close: () => endAll(false),
  };
}
