// flock(1) on a descriptor of the script, the form of `flock 9` in cron jobs: the shell opens the
// file (for appending), the lock lives until the shell closes it.

import { detectBash, openBash } from './bash.js';
import type { Peer } from './types.js';
import { commandVersion } from './version.js';

// One open, as in real scripts: `exec` with a redirection that fails only returns non-zero in bash.
const SCRIPT = String.raw`
declare -A held
hold() {
  local fd why
  if ! exec {fd}>>"$1"; then result="error cannot open $1"; return; fi
  why=$(flock -n "$fd" 2>&1)
  case $? in
    0) held[$1]=$fd; result=acquired ;;
    1) exec {fd}>&-; result=refused ;;
    *) exec {fd}>&-; result="error $why" ;;
  esac
}
release() { local fd=${'$'}{held[$1]}; unset "held[$1]"; exec {fd}>&-; }
`;

export const flockFd: Peer = {
  id: 'flock-fd',
  name: 'flock(1) on a descriptor',
  family: 'kernel',
  mechanism: 'flock',
  install: { apt: ['util-linux', 'bash'] },
  detect: async () => {
    const bash = await detectBash();
    return bash.available ? commandVersion(['flock', '--version']) : bash;
  },
  open: () => openBash('flock-fd', SCRIPT),
};
