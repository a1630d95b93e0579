#include "probe.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <csignal>
#include <ctime>

#include "lockfile.h"
#include "sys.h"

namespace lockbridge {

namespace {

std::string readLink(const std::string& path) {
  char target[256];
  const ssize_t size = readlink(path.c_str(), target, sizeof target);
  return size < 0 ? "" : std::string(target, static_cast<size_t>(size));
}

// dotlockfile goes by the time of access: a read of ours would make it take a lock that it takes
// for young otherwise. Only the owner and root may ask for this; for others it is left undone.
int openToLook(const char* path) {
  const int fd = openUntrusted(path, O_RDONLY | O_NOATIME);
  return fd == -EPERM ? openUntrusted(path, O_RDONLY) : fd;
}

// An empty file has nothing to read, unless its size is what a FUSE program says.
void readContent(int fd, const struct statx& st, Look* out) {
  char content[kContentLimit];
  if (st.stx_size > 0 || out->elsewhere) {
    const ssize_t size = retry("pread", [&] { return pread(fd, content, sizeof content, 0); });
    if (size > 0) out->content.assign(content, static_cast<size_t>(size));
  }
  out->attribute = fgetxattr(fd, kAttribute, nullptr, 0) >= 0;
}

// On these, leases and locks are known to this mount alone; the same file may be locked by way of
// another one, or on another machine.
bool isShared(const struct statfs& fs) {
  constexpr long kSmb1 = 0x517B, kCifs = 0xFF534D42, kSmb2 = 0xFE534D42, kFuse = 0x65735546;
  constexpr long kCeph = 0x00C36400, kAfs = 0x5346414F;
  for (const long type : {static_cast<long>(NFS_SUPER_MAGIC), kSmb1, kCifs, kSmb2, kFuse, kCeph,
                          kAfs, static_cast<long>(V9FS_MAGIC)})
    if (static_cast<long>(fs.f_type) == type) return true;
  return false;
}

// Asks about record locks; takes nothing and needs no write access (fcntl(2), F_OFD_GETLK).
bool recordLocked(int fd, int* pid) {
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (retry("fcntl", [&] { return fcntl(fd, F_OFD_GETLK, &whole); }) < 0) return false;
  if (whole.l_type == F_UNLCK) return false;
  *pid = whole.l_pid;
  return true;
}

// Granted = nobody else has the file open = no kernel lock can exist. Refused, it disturbs nobody.
// What was granted goes with the descriptor, whose next use is that it is closed.
bool leaseGranted(int fd, Look* out) {
  fcntl(fd, F_SETSIG, SIGURG);
  const int done = retry("fcntl", [&] { return fcntl(fd, F_SETLEASE, F_WRLCK); });
  out->leaseRefused = done == -EAGAIN || done == -EBUSY;
  return done == 0;
}

bool flockRefused(int fd) {
  const int done = retry("flock", [&] { return flock(fd, LOCK_EX | LOCK_NB); });
  if (done == 0) flock(fd, LOCK_UN);
  return done == -EWOULDBLOCK;
}

void settle(Look* out, Known known, bool locked) {
  out->known = known;
  out->locked = locked;
}

// The lease comes first: for most files it is the whole answer, and /proc/locks, for which the
// kernel lets every lock of the machine wait, is then not read. A file that is ours and held says
// so itself, in brief without anything else.
void findLocks(int fd, Depth depth, const Locks& locks, Look* out) {
  const bool brief = depth == Depth::kBrief && out->attribute;
  if (brief && recordLocked(fd, &out->recordPid)) return settle(out, Known::kGetlk, true);
  if (leaseGranted(fd, out)) return settle(out, Known::kLease, false);
  out->locks = locks(identityOf(out->st));
  bool shown = false;
  for (const LockLine& line : out->locks) shown = shown || !line.waiting;
  if (recordLocked(fd, &out->recordPid)) return settle(out, Known::kGetlk, true);
  if (shown) return settle(out, Known::kProcLocks, true);
  // Somebody has it open, perhaps about to flock it: a probe of ours would make that fail.
  if (out->leaseRefused) return settle(out, Known::kOpen, false);
  if (depth != Depth::kProbe) return settle(out, Known::kNoLease, false);
  settle(out, Known::kFlockProbe, flockRefused(fd));
}

// Without opening it: what the name and /proc say.
void byName(const Locks& locks, int openError, Look* out) {
  out->openError = openError;
  out->locks = locks(identityOf(out->st));
  for (const LockLine& line : out->locks)
    if (!line.waiting) settle(out, Known::kProcLocks, true);
}

}  // namespace

bool mayBeLockedElsewhere(int fd) {
  struct statfs fs;
  return fstatfs(fd, &fs) != 0 || isShared(fs);
}

Look lookWith(const std::string& path, Depth depth, const Locks& locks,
              const Elsewhere& elsewhere) {
  Look out;
  // The name may change hands between the look at it and the open: then look again.
  for (int attempt = 0; attempt < 3; attempt++) {
    out = Look();
    out.error = statName(AT_FDCWD, path.c_str(), &out.st);
    if (out.error < 0) return out;
    if (S_ISLNK(out.st.stx_mode)) out.target = readLink(path);
    if (!S_ISREG(out.st.stx_mode)) return out;
    if (depth == Depth::kName) {
      out.attribute = lgetxattr(path.c_str(), kAttribute, nullptr, 0) >= 0;
      byName(locks, -EBUSY, &out);
      return out;
    }
    const Fd fd(openToLook(path.c_str()));
    if (!fd.ok()) {
      if (isAnotherNow(fd.error())) continue;
      byName(locks, fd.error(), &out);
      return out;
    }
    struct statx opened;
    if (statFd(fd.get(), &opened) < 0 || identityOf(opened) != identityOf(out.st)) continue;
    out.elsewhere = elsewhere(fd.get(), opened);
    readContent(fd.get(), opened, &out);
    findLocks(fd.get(), depth, locks, &out);
    return out;
  }
  return out;
}

Look look(const std::string& path, Depth depth) {
  return lookWith(path, depth, kernelLocks,
                  [](int fd, const struct statx&) { return mayBeLockedElsewhere(fd); });
}

namespace {

// The file that was last found to be without our attribute: whoever tries the same lock again and
// again need not ask again. To set the attribute changes the ctime, but maybe not within one tick
// of the kernel's clock (10 ms at most): a file that was changed a moment ago is not remembered.
class Stranger {
 public:
  bool is(const struct statx& st) const {
    return known_ && identityOf(st) == id_ && st.stx_ctime.tv_sec == changed_.tv_sec &&
           st.stx_ctime.tv_nsec == changed_.tv_nsec;
  }
  void remember(const struct statx& st) {
    constexpr double kMoment = 100;  // milliseconds
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    known_ = now.tv_sec * 1e3 + now.tv_nsec / 1e6 - milliseconds(st.stx_ctime) > kMoment;
    id_ = identityOf(st);
    changed_ = st.stx_ctime;
  }

 private:
  bool known_ = false;
  Identity id_;
  struct statx_timestamp changed_ = {};
};

}  // namespace

Glimpse glimpse(const std::string& path) {
  static thread_local Stranger stranger;
  struct statx st;
  if (statName(AT_FDCWD, path.c_str(), &st) < 0) return Glimpse::kUnclear;
  if (!S_ISREG(st.stx_mode)) return Glimpse::kHeld;
  if (st.stx_size == 0) {
    if (st.stx_nlink != 1) return Glimpse::kUnclear;
    if (stranger.is(st)) return Glimpse::kEmpty;
    if (lgetxattr(path.c_str(), kAttribute, nullptr, 0) >= 0) return Glimpse::kUnclear;
    stranger.remember(st);
    return Glimpse::kEmpty;
  }
  const Fd fd(openUntrusted(path.c_str(), O_RDONLY));
  int pid;
  return fd.ok() && recordLocked(fd.get(), &pid) ? Glimpse::kHeld : Glimpse::kUnclear;
}

Look lookHeld(int fd) {
  Look out;
  out.error = statFd(fd, &out.st);
  if (out.error < 0) return out;
  out.elsewhere = mayBeLockedElsewhere(fd);
  readContent(fd, out.st, &out);
  return out;
}

bool mayChangeElsewhere(const std::string& path) {
  struct statfs fs;
  return statfs(path.c_str(), &fs) != 0 || isShared(fs);
}

bool surelyOurs(int fd) {
  return fgetxattr(fd, kAttribute, nullptr, 0) >= 0 && !mayBeLockedElsewhere(fd);
}

}  // namespace lockbridge
