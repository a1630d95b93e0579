// What /proc says about the locks and openers of one inode. A hit proves; a miss proves nothing:
// /proc/locks is no snapshot and hides flock and POSIX holders of other pid namespaces (proc(5)).
#pragma once

#include <string>
#include <vector>

#include "path.h"

namespace lockbridge {

struct LockLine {
  std::string kind;  // FLOCK, POSIX, OFDLCK, LEASE
  bool write = false;
  bool waiting = false;  // "->": blocked behind a holder
  int pid = 0;           // -1 for open-file-description locks; may have exited for flock
};

// Advisory locks on the inode (leases are left out), in the kernel's order.
std::vector<LockLine> kernelLocks(const Identity& id);

// Whether a descriptor other than `exceptFd` of this process has the inode open. False also where
// /proc cannot tell.
bool othersHaveOpen(const Identity& id, int exceptFd);

// Whether a visible opener of the inode holds a kernel lock on it (fdinfo, "lock:").
bool openerWithLock(const Identity& id);

// Whether a visible opener of the inode has no kernel lock on it (fdinfo, "lock:").
bool openerWithoutLock(const Identity& id);

}  // namespace lockbridge
