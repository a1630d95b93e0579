// What /proc says about the locks and openers of inodes. A hit proves; a miss proves nothing:
// /proc/locks is no snapshot and hides flock and POSIX holders of other pid namespaces (proc(5)),
// and other users' descriptors are hidden from whoever is not root.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "parse.h"
#include "path.h"

namespace lockbridge {

// /proc/locks, read once for many inodes. Leases are left out: they are no advisory locks.
class LockTable {
 public:
  LockTable();
  // The locks on the inode, holders before their waiters, in the kernel's order.
  std::vector<LockLine> of(const Identity& id) const;

 private:
  std::map<std::string, std::vector<LockLine>> lines_;
};

// The same for one inode.
std::vector<LockLine> kernelLocks(const Identity& id);

// A descriptor that somebody has open.
struct Opener {
  int target = -1;  // which of the wanted inodes; -1: a locked file that has lost its name
  int pid = 0;
  int fd = 0;
  int mount = -1;               // the id of its mount, as in /proc/PID/mountinfo
  std::string link;             // for a nameless file: where /proc says it was
  std::string born;             // for a nameless file of lockbridge: the name that it had
  std::vector<LockLine> locks;  // held by this open file description (or, POSIX, this process)
};

struct Openers {
  std::vector<Opener> found;
  int hidden = 0;  // processes whose descriptors we may not read, kernel threads not counted
};

// Has `work` done for ranges that together are 0 to count, by several threads perhaps (crew.h).
using Divide =
    std::function<void(size_t count, const std::function<void(size_t begin, size_t end)>& work)>;
inline void undivided(size_t count, const std::function<void(size_t, size_t)>& work) {
  work(0, count);
}

// Every visible opener of the inodes; with `nameless` also every opener of a regular file without
// a link that has a kernel lock on it. Asks no filesystem for news: a dead server cannot hang us.
// `divide`: how the descriptors of a process are gone through.
Openers openersOf(const std::vector<Identity>& wanted, bool nameless,
                  const Divide& divide = undivided);

// Whether a descriptor other than `exceptFd` of this process has the inode open. False also where
// /proc cannot tell.
bool othersHaveOpen(const Identity& id, int exceptFd);

// Whether a visible opener of the inode has no kernel lock on it.
bool openerWithoutLock(const Identity& id);

// Whether two descriptors of two processes are one open file description: 1, 0 or -errno (kcmp(2)).
int sameDescription(int pid, int fd, int otherPid, int otherFd);

}  // namespace lockbridge
