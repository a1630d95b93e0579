// Looking at a path without disturbing whoever uses it: never follows, never blocks, never creates,
// never reads more than a record. What is seen is returned; what it means is decided in TypeScript.
#pragma once

#include <sys/stat.h>

#include <functional>
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
  kFlockProbe,  // a flock without waiting was tried, because the caller asked for it
  kOpen,        // somebody has it open, and no lock shows
  kNoLease,     // no lock shows, and a lease is not to be had (not the owner, or none here)
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
  bool leaseRefused = false;  // somebody has it open; also of a locked file, unless in brief
  int recordPid = 0;          // l_pid of F_OFD_GETLK; -1 for OFD
  std::vector<LockLine> locks;
};

constexpr size_t kContentLimit = 512;

// How closely to look. By name: the inode and /proc alone, because an open would end a lineage.
// By content: what the file says too. By probe: where nothing that only asks can tell, a flock is
// tried without waiting; for that moment it can make a peer's own attempt fail. In brief: as by
// content, but who has a file of our own locked is in its record, so /proc/locks, for which the
// kernel may wait 20 ms and let every lock of the machine wait too, is left alone.
enum class Depth { kName, kContent, kProbe, kBrief };
Look look(const std::string& path, Depth depth);

// What a look asks beside the file; whoever looks at many (looks.h) asks once for all of them.
using Locks = std::function<std::vector<LockLine>(const Identity&)>;
using Elsewhere = std::function<bool(int fd, const struct statx&)>;
Look lookWith(const std::string& path, Depth depth, const Locks& locks, const Elsewhere& elsewhere);

// FUSE or a network: leases and locks are known to this mount alone; the same file may be locked by
// way of another one, or on another machine.
bool mayBeLockedElsewhere(int fd);

// What a name shows in one to four system calls, for who only tries and wants no reasons. Takes
// nothing and disturbs nobody; opens only a regular file that is not empty.
enum class Glimpse {
  kUnclear,  // free, or it takes a real look
  kHeld,     // a record lock is on it, or it is no regular file: only an existence locker makes one
  kEmpty,    // empty, with one name, and not made by lockbridge: held unless the caller says
             // otherwise
};
Glimpse glimpse(const std::string& path);

// Looks at a file that is already open, for judging once more under its lock.
Look lookHeld(int fd);
// Whether files there can change by way of another mount or machine, which inotify does not tell.
bool mayChangeElsewhere(const std::string& path);
// Whether lockbridge made it, on a filesystem whose locks are all known here: then whoever has its
// kernel locks knows that nobody holds it.
bool surelyOurs(int fd);

}  // namespace lockbridge
