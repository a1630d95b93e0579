// Letting go. Two things must never happen: unlinking somebody else's lock, and leaving a waiter
// on an unlinked inode, where a blocked flock(1) wakes up and believes that it holds.

#include <fcntl.h>
#include <sys/file.h>

#include <csignal>
#include <cstring>

#include "lockfile.h"
#include "parent.h"
#include "procfs.h"

namespace lockbridge {

namespace {

enum class Alone { kYes, kNo, kUnknown };

// Does anyone else have the file open? A write lease is granted only if nobody has (fcntl(2),
// "Leases"). SIGURG because the default SIGIO would kill the process when the lease is broken.
Alone leaseAlone(int fd) {
  fcntl(fd, F_SETSIG, SIGURG);
  const int done = retry("fcntl", [&] { return fcntl(fd, F_SETLEASE, F_WRLCK); });
  if (done == 0) return Alone::kYes;
  return done == -EAGAIN || done == -EBUSY ? Alone::kNo : Alone::kUnknown;
}

// No leases here, or not the owner: waiters and openers that /proc shows; still unknown counts as
// nobody, because a name that stays for ever is the worse end.
Alone procAlone(const Held& held) {
  for (const LockLine& line : kernelLocks(held.id))
    if (line.waiting) return Alone::kNo;
  return othersHaveOpen(held.id, held.fd.get()) ? Alone::kNo : Alone::kYes;
}

enum class Name { kOurs, kNotOurs, kUnknown };

Name whose(int dirfd, const char* name, const Identity& id) {
  struct statx st;
  const int done = statName(dirfd, name, &st);
  if (done < 0) return done == -ENOENT || done == -ENOTDIR ? Name::kNotOurs : Name::kUnknown;
  return identityOf(st) == id ? Name::kOurs : Name::kNotOurs;
}

int unlinkAlone(int dirfd, const char* name, int fd, bool leased) {
  const int gone = retry("unlinkat", [&] { return unlinkat(dirfd, name, 0); });
  if (gone < 0) return gone;
  return leased && fcntl(fd, F_GETLEASE) != F_WRLCK ? kOrphaned : kUnlinked;
}

int handOver(int fd) {
  // If the mark cannot be written, our record stays: without a kernel lock that is provably stale.
  if (writeRecord(fd, kResidueMark) == 0) beat(fd, 0);
  return kHandedOver;
}

// The directory of what is let go. Not open when out of descriptors, which is no reason to leave a
// lock behind: then it is looked at and unlinked by its whole path.
struct Parent {
  std::string path;
  Fd fd;
};

Parent enter(std::string&& path) {
  Fd fd = openParent(path);
  if (fd.ok()) keepForcersOut(fd.get());
  return {std::move(path), std::move(fd)};
}

int releaseIn(const Parent& parent, const Held& mine) {
  const bool open = parent.fd.ok();
  const int at = open ? parent.fd.get() : AT_FDCWD;
  const char* name = open ? nameOf(mine.path) : mine.path.c_str();
  const int fd = mine.fd.get();
  const Name named = whose(at, name, mine.id);
  if (named == Name::kNotOurs) return kLost;
  // Never unlinked unseen; the mark on our own inode lets a sweeper remove it once it can look.
  if (named == Name::kUnknown) return handOver(fd);
  const Alone lease = leaseAlone(fd);
  const Alone alone = lease == Alone::kUnknown ? procAlone(mine) : lease;
  if (alone == Alone::kNo) return handOver(fd);
  const int done = unlinkAlone(at, name, fd, lease == Alone::kYes);
  // Not permitted to unlink (an adopted file of another user in a sticky directory): it stays as
  // residue for its owner or a sweeper.
  return done < 0 ? handOver(fd) : done;
}

// A forcer does not wait for a directory: it is told that somebody locks it. So not for long.
constexpr int kMostInOneGo = 16;

}  // namespace

int release(Held&& held) {
  const Held mine = std::move(held);  // closed on every way out
  return releaseIn(enter(dirOf(mine.path)), mine);
}

std::vector<int> releaseTogether(std::vector<Held>&& held) {
  std::vector<int> outcomes;
  outcomes.reserve(held.size());
  Parent parent;
  int inThis = 0;
  for (Held& one : held) {
    const Held mine = std::move(one);
    if (!mine.fd.ok()) {
      outcomes.push_back(-EBADF);
      continue;
    }
    std::string dir = dirOf(mine.path);
    if (inThis++ % kMostInOneGo == 0 || dir != parent.path) {
      parent.fd.reset();  // before it is opened anew: a forcer gets its moment
      parent = enter(std::move(dir));
      inThis = 1;
    }
    outcomes.push_back(releaseIn(parent, mine));
  }
  return outcomes;
}

int sweep(const std::string& path) {
  Held held;
  int done = adoptOpen(path, &held);
  if (done == -ESTALE) return 0;
  if (done < 0) return done;
  const int fd = held.fd.get();
  char content[512];
  const auto read = [&] { return pread(fd, content, sizeof content, 0); };
  const auto marked = [&] {
    const ssize_t size = retry("pread", read);
    constexpr size_t mark = sizeof kResidueMark - 1;
    return size == static_cast<ssize_t>(mark) && memcmp(content, kResidueMark, mark) == 0;
  };
  if (!marked()) return 0;
  // The lease comes before the kernel locks: while anybody has the file open, who looks at it or
  // takes it must not find it locked by a mere sweeper.
  const Alone lease = leaseAlone(fd);
  if (lease == Alone::kNo) return -EWOULDBLOCK;
  done = adoptLock(&held);
  if (done < 0) return done == -ESTALE ? 0 : done;
  if (!marked()) return 0;

  const SplitPath where = split(path);
  const Fd dir = openParent(where.dir);
  if (!dir.ok()) return dir.error();
  keepForcersOut(dir.get());
  const Name named = whose(dir.get(), where.name.c_str(), held.id);
  if (named != Name::kOurs) return named == Name::kUnknown ? -EWOULDBLOCK : 0;
  // Whoever has begun to open it since the lease waits for it to be given back, and must not get a
  // file without a name.
  const bool alone =
      lease == Alone::kYes ? fcntl(fd, F_GETLEASE) == F_WRLCK : procAlone(held) == Alone::kYes;
  if (!alone) return -EWOULDBLOCK;
  done = unlinkAlone(dir.get(), where.name.c_str(), fd, lease == Alone::kYes);
  return done < 0 ? done : 1;
}

}  // namespace lockbridge
