// What a lockbridge lock is, as system calls: born locked, adopted, released, replaced, swept.
//
// Guarantee: a lock that one of these functions reports as taken is, at that moment, an exclusive
// create of the name, an exclusive flock on that inode and (where the filesystem allows) an
// exclusive whole-file open-file-description lock on it. Killed at any instruction, the process
// leaves either nothing or a complete, attributed file without a kernel lock.
//
// What it does not decide: whether a file that is already there may be taken. That is policy and
// lives in TypeScript; `adoptOpen` only opens and locks, `adoptCommit` only writes.
//
// Every function returns a value >= 0 or -errno.
#pragma once

#include <string>
#include <vector>

#include "path.h"
#include "sys.h"

namespace lockbridge {

// Mechanisms in force; the existence bit is set for every lock that has a name.
enum Mechanism : int { kExistence = 1, kFlock = 2, kOfd = 4 };

enum Outcome : int {
  kUnlinked = 0,    // the name is gone, nobody had the file open
  kHandedOver = 1,  // somebody has the file open: the name stays, marked as residue
  kLost = 2,        // the path no longer named our inode: only closed
  kOrphaned = 3,    // unlinked, but an opener slipped in between lease and unlink
};

// What a released file that somebody still has open says of itself (protocol, "Release").
inline constexpr char kResidueMark[] = "1\n{\"lockbridge\":1,\"residue\":true}\n";

struct Birth {
  std::string record;
  std::string name;  // empty: that of the path
  mode_t mode = 0644;
  bool setOwner = false;
  uid_t uid = 0;
  gid_t gid = 0;
  // How far in the future the mtime of a held file stands, for peers that judge by age.
  int aheadSeconds = 0;
};

// A descriptor that carries a lock, and the inode that it was taken on.
struct Held {
  Fd fd;
  std::string path;
  Identity id;
  int mechanisms = 0;
};

// What a breaker has judged. Adoption keeps the inode: whoever adopts it writes his record, and the
// mtime tells.
struct Judged {
  Identity id;
  double modified = 0;
};

// Creates the file locked and complete, then gives it its name. -EEXIST: the name is taken.
// -EWOULDBLOCK: a kernel locker slipped in (fallback filesystems only). `neighbour`: a lock that is
// held, perhaps on the same filesystem, which then need not be asked what it is.
int create(const std::string& path, const Birth& birth, Held* out, const Held* neighbour = nullptr);

// The two steps of it, for who wants the name the moment that it is free. A complete file without a
// name and without locks: 0 or -errno, -EOPNOTSUPP and the like where such a file cannot be had.
int prepare(const std::string& path, const Birth& birth, Held* out);
// Its locks, and its name: 0, or -errno and nothing is kept.
int publish(Held* prepared, const Held* neighbour = nullptr);

// As create(), renamed over what is at the path (protocol, "Force"); a directory is exchanged away
// and then removed with what it holds, one level deep. Excludes other forcers and releases by a
// flock on the parent directory. With `expected` it replaces that very inode, as it was when it was
// judged, or nothing: -ESTALE.
int replace(const std::string& path, const Birth& birth, const Judged* expected, Held* out);

// Opens an existing regular file for adoption without creating or following anything.
// -ESTALE: not a regular file, or the path named something else meanwhile.
int adoptOpen(const std::string& path, Held* out);
// The same for who will wait for its kernel locks: for reading where it may not be written to.
int waitOpen(const std::string& path, Held* out);
// Both kernel locks, without waiting, on a descriptor of adoptOpen; -EWOULDBLOCK, -ESTALE.
int adoptLock(Held* held);
// Writes our record over what is there and marks the inode as ours. -ESTALE: a forcer has replaced
// it meanwhile.
int adoptCommit(Held* held, const Birth& birth);

// Lets go, by the rules of the protocol. Returns an Outcome; always closes.
int release(Held&& held);
// The same for several: an Outcome each, -EBADF where there is no descriptor. Neighbours in one
// directory share what is opened and locked of it.
std::vector<int> releaseTogether(std::vector<Held>&& held);

// Removes a residue mark that nobody uses. 1 removed, 0 not residue any more, -EWOULDBLOCK busy.
int sweep(const std::string& path);

// The kernel locks of `held.fd`, exclusive and without waiting; sets mechanisms. 0 or -errno.
int lockKernel(Held* held, const Held* neighbour = nullptr);
// Marks the inode as born or adopted by lockbridge under this name; best effort.
void markOurs(int fd, const char* name);
// Gives a nameless file its name. 0 or -errno.
int linkName(int fd, const char* path);
// Overwrites the content from the start. 0 or -errno.
int writeAll(int fd, const std::string& text);
// The same, and cuts what was longer.
int writeRecord(int fd, const std::string& record);
// Sets the mtime `aheadSeconds` from now (atime: now). 0 or -errno.
int beat(int fd, int aheadSeconds);
// 1 if the path still names the inode, 0 if not, -errno if that cannot be told.
int stillNames(const Held& held);

}  // namespace lockbridge
