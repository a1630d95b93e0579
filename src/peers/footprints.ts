// Every protocol that leaves a telling shape on disk, the most specific first: the first that
// recognises a file names it. A recogniser says no more than the bytes do, and where several
// programs make the same bytes its text names them.
//
// Every look needs these, the matrix alone needs how the peers are driven: that half of a peer is
// imported when it is first asked for.

import { printable } from '../printable.js';
import { balenaFootprint } from './balena-supervisor.js';
import { dotlockfileFootprint } from './dotlockfile.js';
import { emacsFootprint } from './emacs.js';
import { filelockFootprint } from './filelock.js';
import { fluflFootprint } from './flufl.js';
import { gitFootprint } from './git.js';
import { heliosFootprint } from './helios.js';
import { linkFootprint } from './link.js';
import { lnSymlinkFootprint } from './ln-symlink.js';
import { lockfileSimpleFootprint } from './lockfile-simple.js';
import { lockmailFootprint } from './lockmail.js';
import { mkdirFootprint } from './mkdir.js';
import { muttFootprint } from './mutt.js';
import { nfslockFootprint } from './nfslock.js';
import { nightlyoneFootprint } from './nightlyone.js';
import { npmProperFootprint } from './npm-proper.js';
import { pidFileFootprint } from './pid-file.js';
import { procmailFootprint } from './procmail.js';
import { pyLinkFootprint, pyMkdirFootprint, pySymlinkFootprint } from './py-lockfile.js';
import { softFilelockFootprint } from './soft-filelock.js';
import type { Footprint, Recogniser, Traces } from './types.js';
import { uucpFootprint } from './uucp.js';
import { zcLockfileFootprint } from './zc-lockfile.js';

export const recognisers: readonly Recogniser[] = [
  heliosFootprint,
  balenaFootprint,
  procmailFootprint,
  pyLinkFootprint,
  pyMkdirFootprint,
  pySymlinkFootprint,
  npmProperFootprint,
  mkdirFootprint,
  emacsFootprint,
  lnSymlinkFootprint,
  fluflFootprint,
  nfslockFootprint,
  softFilelockFootprint,
  gitFootprint,
  lockfileSimpleFootprint,
  lockmailFootprint,
  uucpFootprint,
  zcLockfileFootprint,
  nightlyoneFootprint,
  dotlockfileFootprint,
  pidFileFootprint,
  linkFootprint,
  muttFootprint,
  filelockFootprint,
];

// Those that know a file by anything but what is in it, in the same order: most lock files are empty,
// and all the others would look at nothing.
const ofEmptyFiles: readonly Recogniser[] = [
  balenaFootprint,
  pyLinkFootprint,
  gitFootprint,
  linkFootprint,
  muttFootprint,
  filelockFootprint,
];

// Names, hosts and targets are a stranger's choice: whatever a recogniser quotes is printable.
function safe(footprint: Footprint): Footprint {
  const { host, thread } = footprint;
  return {
    ...footprint,
    text: printable(footprint.text, 600),
    ...(host !== undefined && { host: printable(host) }),
    ...(thread !== undefined && { thread: printable(thread) }),
  };
}

/** Which protocol made this, as far as the traces tell; undefined for a file of no known shape. */
export function recognise(traces: Traces): Footprint | undefined {
  const empty = traces.type === 'file' && traces.size === 0;
  for (const recogniser of empty ? ofEmptyFiles : recognisers) {
    const footprint = recogniser.recognise(traces);
    if (footprint !== undefined) return safe(footprint);
  }
  return undefined;
}
