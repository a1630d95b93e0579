// The way out: what the person can do about what was found, the gentlest first, and what it risks.

import type { Action, Holder, Inspection } from './types.js';

/** An inspection before the ways out are known. */
export type Seen = Omit<Inspection, 'actions'>;

const command = (...words: string[]): string[] => ['lockbridge', ...words];

/** A process in a few words. */
export function processName({ pid, command: line, container }: Holder): string {
  const where =
    container === undefined ? '' : ` in container ${container.name ?? container.id.slice(0, 12)}`;
  return `pid ${String(pid)}${line === undefined ? '' : ` (${line})`}${where}`;
}

function wait(path: string): Action {
  return { kind: 'wait', text: 'wait until it is let go', command: command('wait', path) };
}

function force(seen: Seen, risk: string): Action[] {
  if (seen.id === undefined) return [];
  return [
    {
      kind: 'break',
      text: 'break this very lock, if you know better',
      command: command('break', '--force', '--id', seen.id, seen.path),
      risk,
    },
  ];
}

function remove(path: string): Action {
  return {
    kind: 'break',
    text: 'the next lockbridge adopts it; to unblock the others now, remove it',
    command: command('break', path),
  };
}

const LOOK_OUTSIDE: Action = {
  kind: 'look',
  text: 'run the same on the host as root: from there every process can be seen',
};

function held(seen: Seen): Action[] {
  const { path, by, holders } = seen;
  const actions: Action[] = [wait(path)];
  const holding = holders.filter(
    ({ role, pid }, at) =>
      role === 'holds' && by === 'kernel' && holders.findIndex((h) => h.pid === pid) === at,
  );
  for (const holder of holding.filter(({ sharedWith }) => sharedWith === undefined).slice(0, 3))
    actions.push({
      kind: 'ask',
      text: `ask ${processName(holder)} to finish`,
      risk: 'killing it ends its critical section half-way; a child that inherited the lock keeps it',
    });
  for (const container of (seen.reach ?? []).slice(0, 3))
    actions.push({
      kind: 'ask',
      text: `ask whoever runs container ${container.name ?? container.id.slice(0, 12)}: it can have made it`,
    });
  if (seen.unseen.length > 0) actions.push(LOOK_OUTSIDE);
  if (by === 'undecidable' && seen.evidence.some(({ kind }) => kind === 'empty'))
    actions.push(
      {
        kind: 'policy',
        text: 'if only kernel lockers (flock, lockf) use this path, say so: then it is nobody’s',
        command: command('break', '--empty=free', path),
        risk: 'an npm lockfile or bare O_EXCL lock looks the same and would be broken while it is held',
      },
      {
        kind: 'look',
        text: 'a watch that runs from before the locks are taken can tell the two apart',
        command: command('watch', path),
      },
    );
  if (by === 'kernel' && seen.protocol === 'flock')
    actions.push({
      kind: 'fix',
      text: 'in the script, take the lock with lockbridge instead of flock: existence lockers then see it end',
      command: command('run', path, '--', 'COMMAND'),
    });
  if (by === 'existence')
    actions.push({
      kind: 'fix',
      text: 'in its program, take the lock with lockbridge: then it says who holds it, and a crash leaves nothing that blocks',
      command: command('run', path, '--', 'COMMAND'),
    });
  const who = holding[0] ?? holders[0];
  return [
    ...actions,
    ...force(
      seen,
      `${who === undefined ? 'if its holder lives, it' : processName(who)} goes on without protection, beside whoever takes the lock next`,
    ),
  ];
}

/** What can be done about what was seen. */
export function actionsFor(seen: Seen): Action[] {
  const { path, verdict, orphans } = seen;
  const stop: Action[] = orphans
    .filter(({ sharedWith }) => sharedWith === undefined)
    .map((orphan) => ({
      kind: 'ask',
      text: `stop or restart ${processName(orphan)}: it believes that it holds this path, and protects nothing`,
    }));
  if (verdict === 'held') return [...stop, ...held(seen)];
  if (verdict !== 'free') return [...stop, remove(path)];
  const take: Action = {
    kind: 'nothing',
    text: 'take it',
    command: command('run', path, '--', 'COMMAND'),
  };
  return [...stop, take];
}

/** The first way out in one sentence, for a message of one line. */
export function wayOut(seen: Inspection): string {
  const best = seen.actions.find(({ kind }) => kind === 'policy') ?? seen.actions[0];
  if (best === undefined) return '';
  return best.command === undefined ? best.text : `${best.text}: \`${best.command.join(' ')}\``;
}
