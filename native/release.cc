// Letting go. Two things must never happen: unlinking somebody else's lock, and leaving a waiter
// on an unlinked inode, where a blocked flock(1) wakes up and believes that it holds.

#include <fcntl.h>
#include <sys/file.h>

#include <csignal>
#include <cstring>
#include <ctime>

#include "lockfile.h"
#include "procfs.h"

namespace lockbridge {

namespace {

enum class Alone { kYes, kNo, kUnknown };

// Does anyone else have the file open? A write lease is granted only if nobody has (fcntl(2),
// "Leases"). SIGURG because the default SIGIO would kill the process when the lease is broken.
Alone leaseAlone(int fd) {
  fcntl(fd, F_SETSIG, SIGURG);
  const int done = retry([&] { return fcntl(fd, F_SETLEASE, F_WRLCK); });
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

// A shared lock on the directory keeps forcers from replacing the file between our look and our
// unlink. A stranger's lock there must not stop a release, so only for a moment.
void keepForcersOut(int dirfd) {
  for (int attempt = 0; attempt < 10; attempt++) {
    if (retry([&] { return flock(dirfd, LOCK_SH | LOCK_NB); }) != -EWOULDBLOCK) return;
    const struct timespec moment = {0, 500000};
    nanosleep(&moment, nullptr);
  }
}

bool namesUs(int dirfd, const char* name, const Identity& id) {
  struct statx st;
  return statName(dirfd, name, &st) == 0 && identityOf(st) == id;
}

Fd openParent(const std::string& dir) {
  Fd fd(retry([&] { return open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (fd.ok()) return fd;
  return Fd(retry([&] { return open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
}

int unlinkAlone(int dirfd, const char* name, int fd, bool leased) {
  const int gone = retry([&] { return unlinkat(dirfd, name, 0); });
  if (gone < 0) return gone;
  return leased && fcntl(fd, F_GETLEASE) != F_WRLCK ? kOrphaned : kUnlinked;
}

int handOver(int fd) {
  // If the mark cannot be written, our record stays: without a kernel lock that is provably stale.
  if (writeRecord(fd, kResidueMark) == 0) beat(fd, 0);
  return kHandedOver;
}

}  // namespace

int release(Held&& held) {
  const Held mine = std::move(held);  // closed on every way out
  const SplitPath where = split(mine.path);
  const Fd dir = openParent(where.dir);
  // Out of descriptors is no reason to leave a lock behind: then by the whole path.
  const int at = dir.ok() ? dir.get() : AT_FDCWD;
  const char* name = dir.ok() ? where.name.c_str() : mine.path.c_str();
  if (dir.ok()) keepForcersOut(at);
  if (!namesUs(at, name, mine.id)) return kLost;

  const int fd = mine.fd.get();
  const Alone lease = leaseAlone(fd);
  const Alone alone = lease == Alone::kUnknown ? procAlone(mine) : lease;
  if (alone == Alone::kNo) return handOver(fd);
  const int done = unlinkAlone(at, name, fd, lease == Alone::kYes);
  // Not permitted to unlink (an adopted file of another user in a sticky directory): it stays as
  // residue for its owner or a sweeper.
  return done < 0 ? handOver(fd) : done;
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
    const ssize_t size = retry(read);
    constexpr size_t mark = sizeof kResidueMark - 1;
    return size == static_cast<ssize_t>(mark) && memcmp(content, kResidueMark, mark) == 0;
  };
  if (!marked()) return 0;
  done = adoptLock(&held);
  if (done < 0) return done == -ESTALE ? 0 : done;
  if (!marked()) return 0;

  const SplitPath where = split(path);
  const Fd dir = openParent(where.dir);
  if (!dir.ok()) return dir.error();
  keepForcersOut(dir.get());
  if (!namesUs(dir.get(), where.name.c_str(), held.id)) return 0;
  const Alone lease = leaseAlone(fd);
  if ((lease == Alone::kUnknown ? procAlone(held) : lease) == Alone::kNo) return -EWOULDBLOCK;
  done = unlinkAlone(dir.get(), where.name.c_str(), fd, lease == Alone::kYes);
  return done < 0 ? done : 1;
}

}  // namespace lockbridge
