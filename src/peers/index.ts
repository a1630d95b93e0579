// Every peer that the matrix knows, in the order of its rows. A new peer is one file and one line.

import { balenaSupervisor } from './balena-supervisor.js';
import { dotlockfile } from './dotlockfile.js';
import { flockFd } from './flock-fd.js';
import { flock, flockShared } from './flock.js';
import { goExcl, goFlock } from './go.js';
import { helios } from './helios.js';
import { javaExcl, javaLock } from './java.js';
import { lnSymlink } from './ln-symlink.js';
import { lockbridgeCli } from './lockbridge-cli.js';
import { lockbridgePy, lockbridgePyLockfile } from './lockbridge-py.js';
import { lockbridge, lockbridgeWatching } from './lockbridge.js';
import { lockfileCreate } from './lockfile-progs.js';
import { lockfileSimple } from './lockfile-simple.js';
import { mkdir } from './mkdir.js';
import { noclobber } from './noclobber.js';
import { npmFdLock } from './npm-fd-lock.js';
import { npmFsExt } from './npm-fs-ext.js';
import { npmLockfile } from './npm-lockfile.js';
import { npmOsLock } from './npm-os-lock.js';
import { npmProper } from './npm-proper.js';
import { perlFlock } from './perl-flock.js';
import { phpFlock } from './php-flock.js';
import { procmail } from './procmail.js';
import { pyExcl } from './py-excl.js';
import { pyFasteners } from './py-fasteners.js';
import { pyFlock, pyLockf } from './py-fcntl.js';
import { pyFilelock, pySoftFilelock } from './py-filelock.js';
import { pyLink, pyMkdir, pySymlink } from './py-lockfile.js';
import { pyPortalocker } from './py-portalocker.js';
import { pyZcLockfile } from './py-zc-lockfile.js';
import { rubyFlock } from './ruby-flock.js';
import { rustExcl, rustFs4, rustStd } from './rust.js';
import { chpst, setlock } from './setlock.js';
import { tclExcl } from './tcl-excl.js';
import type { Peer } from './types.js';
import { withLockEx } from './with-lock-ex.js';

export const peers: readonly Peer[] = [
  procmail,
  balenaSupervisor,
  helios,
  dotlockfile,
  lockfileCreate,
  lockfileSimple,
  pyLink,
  pyExcl,
  pySoftFilelock,
  npmLockfile,
  noclobber,
  tclExcl,
  goExcl,
  rustExcl,
  javaExcl,
  lnSymlink,
  pySymlink,
  pyMkdir,
  npmProper,
  mkdir,
  flock,
  flockFd,
  setlock,
  chpst,
  pyFlock,
  pyFilelock,
  pyPortalocker,
  pyZcLockfile,
  perlFlock,
  phpFlock,
  rubyFlock,
  npmFsExt,
  goFlock,
  rustStd,
  rustFs4,
  flockShared,
  pyLockf,
  pyFasteners,
  npmOsLock,
  npmFdLock,
  javaLock,
  withLockEx,
  lockbridge,
  lockbridgeWatching,
  lockbridgeCli,
  lockbridgePy,
  lockbridgePyLockfile,
];
