#include "procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <utility>

#include "lockfile.h"
#include "sys.h"

namespace lockbridge {

namespace {

std::string slurp(int fd) {
  std::string text;
  char chunk[16384];
  for (;;) {
    const ssize_t got = retry("read", [&] { return read(fd, chunk, sizeof chunk); });
    if (got <= 0) return text;
    text.append(chunk, static_cast<size_t>(got));
  }
}

std::string slurpAt(int dir, const std::string& path) {
  const Fd fd(openat(dir, path.c_str(), O_RDONLY | O_CLOEXEC));
  return fd.ok() ? slurp(fd.get()) : std::string();
}

// What /proc makes as one piece, as an fdinfo: one read that leaves room has all of it.
std::string pieceAt(int dir, const char* path) {
  const Fd fd(openat(dir, path, O_RDONLY | O_CLOEXEC));
  char piece[4096];
  if (!fd.ok()) return "";
  const ssize_t got = retry("read", [&] { return read(fd.get(), piece, sizeof piece); });
  if (got <= 0) return "";
  std::string text(piece, static_cast<size_t>(got));
  return text.size() < sizeof piece ? text : text + slurp(fd.get());
}

// Device and number of an inode, which is all that a lock line says of one.
struct InodeHash {
  size_t operator()(const Identity& id) const {
    return std::hash<uint64_t>()(id.ino ^ static_cast<uint64_t>(id.major) << 44 ^
                                 static_cast<uint64_t>(id.minor) << 52);
  }
};
struct SameInode {
  bool operator()(const Identity& a, const Identity& b) const {
    return a.ino == b.ino && a.major == b.major && a.minor == b.minor;
  }
};

bool isNumber(const char* name) {
  for (const char* c = name; *c; c++)
    if (*c < '0' || *c > '9') return false;
  return *name != 0;
}

// Calls back for every entry of a directory whose name is a number. 0 or -errno.
int eachNumber(int parent, const char* path, const std::function<void(int, const char*)>& visit) {
  const int fd =
      retry("openat", [&] { return openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return fd;
  DIR* dir = fdopendir(fd);
  if (dir == nullptr) {
    close(fd);
    return -ENOMEM;
  }
  while (const dirent* entry = readdir(dir))
    if (isNumber(entry->d_name)) visit(dirfd(dir), entry->d_name);
  closedir(dir);
  return 0;
}

// "maj:min:ino" as /proc/locks prints it.
std::string key(const Identity& id) {
  char text[64];
  snprintf(text, sizeof text, "%02x:%02x:%llu", id.major, id.minor,
           static_cast<unsigned long long>(id.ino));
  return text;
}

// Kernel threads have no descriptors, but root owns their directories: nothing is hidden there.
bool isKernelThread(int proc, const std::string& pid) {
  constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD
  return parseStat(slurpAt(proc, pid + "/stat")).flags & kKernelThread;
}

}  // namespace

LockTable::LockTable() {
  eachLine(slurpAt(AT_FDCWD, "/proc/locks"), [&](const std::string& line) {
    LockLine lock;
    std::string where;
    if (parseLock(line, &lock, &where)) lines_[where].push_back(lock);
  });
}

std::vector<LockLine> kernelLocks(const Identity& id) {
  std::vector<LockLine> found;
  const std::string want = key(id);
  eachLine(slurpAt(AT_FDCWD, "/proc/locks"), [&](const std::string& line) {
    LockLine lock;
    std::string where;
    if (line.find(want) != std::string::npos && parseLock(line, &lock, &where) && where == want)
      found.push_back(lock);
  });
  return found;
}

std::vector<LockLine> LockTable::of(const Identity& id) const {
  const auto found = lines_.find(key(id));
  return found == lines_.end() ? std::vector<LockLine>() : found->second;
}

Openers openersOf(const std::vector<Identity>& wanted, bool nameless) {
  Openers out;
  // Two names may be one inode.
  std::unordered_multimap<Identity, int, InodeHash, SameInode> targets;
  for (size_t i = 0; i < wanted.size(); i++) targets.emplace(wanted[i], i);
  eachNumber(AT_FDCWD, "/proc", [&](int proc, const char* name) {
    const std::string pid = name;
    Fd info;
    const int seen = eachNumber(proc, (pid + "/fd").c_str(), [&](int dir, const char* fd) {
      struct statx st;
      // Follows the link of /proc, which opens nothing.
      if (statx(dir, fd, AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME, &st) != 0) return;
      const auto [first, last] = targets.equal_range(identityOf(st));
      const bool lost = nameless && S_ISREG(st.stx_mode) && st.stx_nlink == 0;
      if (first == last && !lost) return;
      Opener opener;
      opener.pid = atoi(name);
      opener.fd = atoi(fd);
      if (!info.ok()) info = Fd(openat(proc, (pid + "/fdinfo").c_str(), O_PATH | O_CLOEXEC));
      DescriptorInfo about =
          parseInfo(info.ok() ? pieceAt(info.get(), fd) : slurpAt(proc, pid + "/fdinfo/" + fd));
      opener.mount = about.mount;
      opener.locks = std::move(about.locks);
      if (first == last) {
        if (opener.locks.empty()) return;
        char link[4096];
        const ssize_t size = readlinkat(dir, fd, link, sizeof link);
        if (size > 0) opener.link.assign(link, static_cast<size_t>(size));
        const std::string self = "/proc/" + pid + "/fd/" + fd;
        const ssize_t named = getxattr(self.c_str(), kAttribute, link, 255);
        if (named > 0) opener.born.assign(link, static_cast<size_t>(named));
        out.found.push_back(std::move(opener));
        return;
      }
      for (auto target = first; target != last; ++target) {
        opener.target = target->second;
        out.found.push_back(opener);
      }
    });
    // Also for want of descriptors of our own; one that has exited meanwhile hides nothing.
    const bool gone = seen == -ENOENT || seen == -ESRCH;
    if (seen < 0 && !gone && !isKernelThread(proc, pid)) out.hidden++;
  });
  return out;
}

bool othersHaveOpen(const Identity& id, int exceptFd) {
  const int self = getpid();
  for (const Opener& opener : openersOf({id}, false).found)
    if (opener.pid != self || opener.fd != exceptFd) return true;
  return false;
}

bool openerWithoutLock(const Identity& id) {
  for (const Opener& opener : openersOf({id}, false).found)
    if (opener.locks.empty()) return true;
  return false;
}

int sameDescription(int pid, int fd, int otherPid, int otherFd) {
  const long done = retry("kcmp", [&] {
    return syscall(SYS_kcmp, static_cast<pid_t>(pid), static_cast<pid_t>(otherPid), KCMP_FILE,
                   static_cast<unsigned long>(fd), static_cast<unsigned long>(otherFd));
  });
  return done < 0 ? static_cast<int>(done) : done == 0 ? 1 : 0;
}

}  // namespace lockbridge
