// `run`, `status`, `wait` and `ls` as the native lockbridge-run where that is built: Node's own modules and the
// parser take longer to load than most critical sections last, so what can be told at a glance goes on
// there. Everything else, mistakes and help included, stays here.
//
// The process becomes lockbridge-run (execve(2)): its number, its parent and its signals stay what they are,
// and no Node waits beside it. It comes back where a listing shows containers, whose names only Node asks for.

import { leaveWayBack, staysInNode } from '../env.js';
import { nativeRun } from '../version.js';
import { isSpecial } from './plain.js';

interface Shared {
  flags: readonly string[];
  /** Options whose value is the next word. */
  values: readonly string[];
  /** How many other words it wants at least. */
  least: 0 | 1;
  /** Whether a command follows `--`. */
  command: boolean;
}

const WAIT = ['-w', '--wait'];
const SHARED: Readonly<Record<string, Shared>> = {
  run: {
    flags: ['-n', '--nonblock', '--json'],
    values: [...WAIT, '-E', '--conflict-exit-code', '--reason'],
    least: 1,
    command: true,
  },
  status: { flags: ['--json'], values: [], least: 1, command: false },
  wait: { flags: ['--json'], values: WAIT, least: 1, command: false },
  ls: { flags: ['--json'], values: [], least: 0, command: false },
};

/** Whether both programs read these words alike: a command with words and options as they are documented. */
export function isPlain([name = '', ...words]: readonly string[]): boolean {
  const shared = Object.hasOwn(SHARED, name) ? SHARED[name] : undefined;
  if (shared === undefined) return false;
  const dashes = words.indexOf('--');
  const end = dashes < 0 ? words.length : dashes;
  if (shared.command !== end < words.length - 1) return false;
  let others = 0;
  for (let at = 0; at < end; at++) {
    const word = words[at] ?? '';
    if (shared.values.includes(word)) at++;
    else if (shared.flags.includes(word) || /^--empty=(?:held|free)$/.test(word)) continue;
    else if (isSpecial(word)) return false;
    else others++;
    if (at >= end) return false;
  }
  return others >= shared.least;
}

/** Goes on as the native program; returns where Node has to do it itself. */
export async function handOver(argv: readonly string[]): Promise<void> {
  if (!isPlain(argv) || staysInNode()) return;
  const program = nativeRun();
  if (program === undefined) return;
  try {
    const { native } = await import('../native.js'); // `--version` does without
    if (argv[0] === 'ls') leaveWayBack();
    native.execute(program, ['lockbridge', ...argv]);
  } catch {
    // Without the addon nothing goes: whoever needs it next says so.
  }
}
