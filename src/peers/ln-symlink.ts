// `ln -s "$$" lock` of shell scripts: a symbolic link whose target is the pid and names no file. -T,
// because without it ln puts the link *into* a directory that is there and takes that for success.

import { pidOf } from './shape.js';
import type { Peer, Recogniser } from './types.js';

const SCRIPT = String.raw`
hold() {
  local why
  if why=$(ln -sT "$$" "$1" 2>&1); then result=acquired
  elif [ -e "$1" ] || [ -L "$1" ]; then result=refused
  else result="error $why"
  fi
}
release() { rm -f -- "$1"; }
`;

export const lnSymlink: Peer = {
  id: 'ln-symlink',
  name: 'ln -s of the shell',
  family: 'existence',
  mechanism: 'symlink',
  install: { apt: ['bash', 'coreutils'] },
  detect: async () => (await import('./bash.js')).detectBash(),
  open: async () => (await import('./bash.js')).openBash('ln-symlink', SCRIPT),
};

export const lnSymlinkFootprint: Recogniser = {
  protocol: 'ln -s',
  recognise({ type, target }) {
    const pid = type === 'symlink' ? pidOf(target) : undefined;
    if (pid === undefined) return undefined;
    const text = `its target is a number alone, as ln -s "$$" of a shell script makes it: pid ${String(pid)}`;
    // No pidDecides: each script has a rule of its own, and most have none.
    return { protocol: 'ln -s', certainty: 'guess', text, pid };
  },
};
