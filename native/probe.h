// Looking at a path without disturbing whoever uses it: never follows, never blocks, never creates,
// never reads more than a record. What is seen is returned; what it means is decided in TypeScript.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "procfs.h"

namespace lockbridge {

// How it is known whether a kernel lock is on the file, in the order in which we ask.
enum class Known {
  kNot,         // could not be told (file not openable)
  kGetlk,       // F_OFD_GETLK named a record lock
  kProcLocks,   // /proc/locks shows a lock
  kLease,       // a write lease was granted: nobody else has the file open
  kFlockProbe,  // a flock without waiting was tried, the last resort
  kOpeners,     // the lock lines of every visible opener were read
  kOpen,        // somebody has it open, no lock shows, nothing more was asked
};

struct Look {
  int error = 0;  // -errno of lstat; -ENOENT: nothing there
  struct statx st = {};
  std::string target;   // of a symbolic link
  int openError = 0;    // why a regular file could not be read
  std::string content;  // at most kContentLimit bytes
  bool attribute = false;
  // FUSE or a network: a lock taken through another mount or machine may not show here.
  bool elsewhere = false;
  bool locked = false;
  Known known = Known::kNot;
  bool leaseRefused = false;  // somebody has it open
  int recordPid = 0;          // l_pid of F_OFD_GETLK; -1 for OFD
  std::vector<LockLine> locks;
};

constexpr size_t kContentLimit = 512;

// How closely to look. By name: the inode and /proc alone, because an open would end a lineage. A
// taker is content with kOpen: its own flock will decide. An inspector reads what openers hold.
enum class Depth { kName, kTaker, kInspector };
Look look(const std::string& path, Depth depth);

// Looks at a file that is already open, for judging once more under its lock.
Look lookHeld(int fd);

}  // namespace lockbridge
