// Peers written in bash: the locking idioms of shell scripts, inside the common line protocol. The
// script is fixed; paths come in by the protocol, never by interpolation.

import { run } from './children.js';
import { openProgram } from './program-session.js';
import type { Detection, Session } from './types.js';

const LOOP = String.raw`
answer() { printf '%s\n' "${'$'}{*//$'\n'/ }"; }
echo ready
while IFS= read -r line; do
  path=${'$'}{line#* }
  case $line in
    hold*) hold "$path"; answer "$result" ;;
    release*) release "$path"; answer released ;;
    take*) hold "$path"; [ "$result" != acquired ] || release "$path"; answer "$result" ;;
    *) answer "error unknown request" ;;
  esac
done
`;

/** Starts a script that defines `hold` (it sets `result`) and `release`; `$1` is the path. */
export async function openBash(id: string, script: string): Promise<Session> {
  return openProgram({ id, argv: ['bash', '--norc', '--noprofile', '-c', script + LOOP] });
}

/** Whether bash is there, and which. */
export async function detectBash(): Promise<Detection> {
  const ran = await run(['bash', '-c', 'printf %s "$BASH_VERSION"']);
  if (ran.status !== 0) return { available: false, reason: 'no `bash` in PATH' };
  return { available: true, version: `bash ${ran.stdout}` };
}
