// lockbridge explain PATH…: everything that can be said about a lock without disturbing it: what is
// there, whose it is, since when and why, how that is known, what cannot be seen, and the way out.

import { EXIT } from '../errors.js';
import { inspect } from '../inspect/inspect.js';
import type { Inspection } from '../inspect/types.js';
import { printableLines } from '../printable.js';
import { historyOf, historyOption } from './history-option.js';
import { commonOptions, emptyOf, pathsOf } from './options.js';
import { printJson } from './output.js';
import { containerText, holderLines, sinceText } from './people.js';
import { signFor } from '../supervisor/fleet-sign.js';
import type { Command } from './types.js';

export const explainCommand: Command = {
  command: 'explain <path..>',
  describe: 'Say all about a lock: whose, since when, why, how that is known, and the way out',
  builder: (y) =>
    historyOption(commonOptions(y))
      .positional('path', { type: 'string', describe: 'Lock files to explain' })
      .option('probe', {
        type: 'boolean',
        default: false,
        describe: 'Where nothing else can tell, try a flock; it may refuse a peer for that moment',
      })
      .example('$0 explain /tmp/balena/updates.lock', 'in words')
      .example('$0 explain --json *.lock | jq ".[].verdict"', 'as data'),
  run: async (args) => {
    const history = await historyOf(args);
    const options = {
      ...emptyOf(args),
      probe: args['probe'] === true,
      ...(history && { history }),
    };
    const seen: Inspection[] = [];
    for (const path of pathsOf(args)) seen.push(await inspect(path, options));
    if (args['json'] === true) printJson(seen);
    else process.stdout.write(`${printableLines(seen.map(explanation).join('\n\n'))}\n`);
    return EXIT.ok;
  },
};

const TURNS: Readonly<Record<string, string | undefined>> = {
  waiting: 'an update waits for a slot',
  held: 'this device has a slot',
  unhealthy: 'this device keeps its slot, and the roll-out stops here',
  returning: 'a slot is to be given back',
};

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function headline({ path, verdict, by, protocol, object, certainty }: Inspection): string {
  if (verdict === 'free') return `${path} is free`;
  const how = by === undefined ? '' : by === 'kernel' ? ' by a kernel lock' : `, ${by}`;
  const doubt = certainty === undefined || certainty === 'sure' ? '' : ` (${certainty})`;
  const made = protocol === undefined ? 'of no known protocol' : `made by ${protocol}${doubt}`;
  return `${path} is ${verdict.toUpperCase()}${how}: a ${object ?? 'file'} ${made}`;
}

function about({ service, since, record }: Inspection): string[] {
  const lines: string[] = [];
  if (service !== undefined)
    lines.push(`the lock of service ${service.service} of app ${service.app}`);
  if (since !== undefined) lines.push(`since ${sinceText(since)}`);
  if (record !== undefined) {
    const { owner, host, pid, cmd, reason } = record;
    lines.push(`its record names ${owner ?? host}, pid ${String(pid)} there: ${cmd}`);
    if (reason !== '') lines.push(`reason: ${reason}`);
  }
  return lines;
}

function ways({ actions }: Inspection): string[] {
  return actions.flatMap(({ text, command, risk }) => [
    `- ${text}${command === undefined ? '' : ':'}`,
    ...(command === undefined ? [] : [`    ${command.join(' ')}`]),
    ...(risk === undefined ? [] : [`    risk: ${risk}`]),
  ]);
}

// The lock may be free and its update wait all the same.
function turn(path: string): string[] {
  const sign = signFor(path);
  if (sign === undefined) return [];
  const { group, state, since, text, told } = sign;
  const what = TURNS[state] ?? 'the supervisor says';
  return [
    `${what}${text === undefined ? '' : `: ${text}`}`,
    `group ${group}, since ${since}; the supervisor said so at ${told}`,
  ];
}

/** The whole answer for people. */
export function explanation(seen: Inspection): string {
  const in_ = (role: string): string[] =>
    seen.holders.filter((holder) => holder.role === role).flatMap(holderLines);
  const waiters = seen.holders.filter(({ role }) => role === 'waits');
  return [
    headline(seen),
    ...about(seen).map((line) => `  ${line}`),
    ...section('who', [...in_('holds'), ...in_('named'), ...in_('open')]),
    ...section(
      'who waits, in this order',
      waiters.flatMap((holder, at) =>
        holderLines(holder).map((line, i) => `${i === 0 ? `${String(at + 1)}. ` : '   '}${line}`),
      ),
    ),
    ...section(
      'ORPHANED: believes that it holds this path, but its file is gone: it protects nothing',
      seen.orphans.flatMap(holderLines),
    ),
    ...section(
      'how this is known',
      seen.evidence.map(({ text }) => `- ${text}`),
    ),
    ...section('who can reach it and may have made it', (seen.reach ?? []).map(containerText)),
    ...section(
      'traps of this place',
      (seen.traps ?? []).flatMap(({ text, cost, remedy }) => [
        `- ${text}`,
        `    cost: ${cost}`,
        ...(remedy === undefined ? [] : [`    remedy: ${remedy}`]),
      ]),
    ),
    ...section(
      'what cannot be seen from here',
      seen.unseen.map((text) => `- ${text}`),
    ),
    ...section('fleet', turn(seen.path)),
    ...section('what you can do', ways(seen)),
    ...(seen.id === undefined ? [] : [`id ${seen.id}`]),
  ].join('\n');
}
