// Every peer that the matrix knows, in the order of its rows. A new peer is one file and one line.

import { dotlockfile } from './dotlockfile.js';
import { flock, flockShared } from './flock.js';
import { flockFd } from './flock-fd.js';
import { lockbridge, lockbridgeWatching } from './lockbridge.js';
import { lockbridgeCli } from './lockbridge-cli.js';
import { mkdir } from './mkdir.js';
import { noclobber } from './noclobber.js';
import { npmLockfile } from './npm-lockfile.js';
import { npmProper } from './npm-proper.js';
import { procmail } from './procmail.js';
import { pyExcl } from './py-excl.js';
import { pyFlock, pyLockf } from './py-fcntl.js';
import { pyLink, pyMkdir, pySymlink } from './py-lockfile.js';
import type { Peer } from './types.js';

export const peers: readonly Peer[] = [
  procmail,
  dotlockfile,
  pyLink,
  pyExcl,
  npmLockfile,
  noclobber,
  pySymlink,
  pyMkdir,
  npmProper,
  mkdir,
  flock,
  flockFd,
  pyFlock,
  flockShared,
  pyLockf,
  lockbridge,
  lockbridgeWatching,
  lockbridgeCli,
];
