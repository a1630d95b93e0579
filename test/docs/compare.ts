// What a document shows and what a command prints, without what differs from run to run.

import { hostname } from 'node:os';
import { ROOT } from './session.js';

const ALIKE: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/\b\d\d:\d\d:\d\d\.\d{3}\b/g, 'CLOCK'],
  [/\b[0-9a-f]+:[0-9a-f]+:\d+@\d+(\.\d+)?/g, 'ID'],
  [/\b\d+ (ms|s|min|h)\b/g, 'AGE'],
  [/when its (file was made|process started, or later)/g, 'SINCE WHEN'], // whichever is later
  [/\bpid \d+/g, 'pid N'],
  [/"(pid|start|pidns)":\d+/g, '"$1":N'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID'],
  [/\ball of \d+ processes/g, 'all of N processes'],
  [/\d+ of \d+ (instances|watches)/g, 'N of N $1'],
  [/[\d.]+ [KMGT]iB and \d+ inodes/g, 'N GiB and N inodes'],
  [/pid N \(\[?flock[^)\n]*\)/g, 'pid N'], // of one that has just ended it is not known any more
  [/pid N [^\n…]*…/g, 'pid N …'], // a longer number leaves less room
  [/(?<=\S) {2,}/g, '  '], // columns are as wide as the widest number
  [/ +$/gm, ''],
];

/** The text, with placeholders. */
export function alike(text: string): string {
  const ours = text
    .replaceAll(hostname(), 'vm')
    .replaceAll(process.execPath, '/usr/bin/node')
    .replaceAll(`${ROOT}/dist/bin.cjs`, '/usr/bin/lockbridge')
    .replaceAll('/tmp/bin/', '/usr/bin/');
  return ALIKE.reduce(
    (said, [pattern, instead]) => said.replaceAll(pattern, instead),
    ours,
  ).trimEnd();
}

/** What the document shows, if what was printed is that but for lines that a line `…` leaves out. */
export function asShown(printed: string, shown: readonly string[]): string {
  const wanted = alike(shown.join('\n'));
  const got = alike(printed);
  const lines = wanted
    .split('\n')
    .map((line) =>
      line.trim() === '…'
        ? '(.*\n)*'
        : `${line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}\n`,
    );
  return new RegExp(`^${lines.join('')}$`).test(`${got}\n`) ? wanted : got;
}
