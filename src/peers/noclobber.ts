// `set -C; : > file`: bash opens with O_EXCL then, the portable lock of shell scripts.

import { detectBash, openBash } from './bash.js';
import type { Peer } from './types.js';

const SCRIPT = String.raw`
set -C
hold() {
  local why
  if why=$( { : >"$1"; } 2>&1 ); then result=acquired
  elif [ -e "$1" ] || [ -L "$1" ]; then result=refused
  else result="error $why"
  fi
}
release() { rm -f -- "$1"; }
`;

export const noclobber: Peer = {
  id: 'noclobber',
  name: 'set -C of the shell',
  family: 'existence',
  mechanism: 'exclusive create',
  install: { apt: ['bash'] },
  detect: detectBash,
  open: () => openBash('noclobber', SCRIPT),
};
