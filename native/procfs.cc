#include "procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <tuple>
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
struct InodeOrder {
  bool operator()(const Identity& a, const Identity& b) const {
    return std::tie(a.ino, a.major, a.minor) < std::tie(b.ino, b.major, b.minor);
  }
};

bool isNumber(const char* name) {
  for (const char* c = name; *c; c++)
    if (*c < '0' || *c > '9') return false;
  return *name != 0;
}

// The entries of a directory whose names are numbers.
class Numbers {
 public:
  Numbers(int parent, const std::string& path) {
    const int fd = retry(
        "openat", [&] { return openat(parent, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) {
      error_ = fd;
    } else if ((dir_ = fdopendir(fd)) == nullptr) {
      close(fd);
      error_ = -ENOMEM;
    }
  }
  ~Numbers() {
    if (dir_ != nullptr) closedir(dir_);
  }
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;

  // -errno of opening it, or 0.
  int error() const { return error_; }
  int dir() const { return dirfd(dir_); }
  // The next one; nullptr at the end.
  const char* next() {
    if (dir_ == nullptr) return nullptr;
    while (const dirent* entry = readdir(dir_))
      if (isNumber(entry->d_name)) return entry->d_name;
    return nullptr;
  }

 private:
  DIR* dir_ = nullptr;
  int error_ = 0;
};

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

class Search {
 public:
  Search(const std::vector<Identity>& wanted, bool nameless, const Divide& divide)
      : nameless_(nameless), divide_(divide) {
    // Two names may be one inode.
    for (size_t i = 0; i < wanted.size(); i++) targets_.emplace(wanted[i], i);
  }

  void process(int proc, const std::string& pid) {
    Numbers fds(proc, pid + "/fd");
    if (fds.error() < 0) {
      // Also for want of descriptors of our own; one that has exited meanwhile hides nothing.
      const bool gone = fds.error() == -ENOENT || fds.error() == -ESRCH;
      if (!gone && !isKernelThread(proc, pid)) out_.hidden++;
      return;
    }
    std::vector<std::string> names;
    while (const char* fd = fds.next()) names.emplace_back(fd);
    std::mutex mutex;
    std::map<size_t, std::vector<Opener>> found;  // by the beginning of their range
    divide_(names.size(), [&](size_t begin, size_t end) {
      Range range{proc, pid, fds.dir(), {}, {}};
      for (size_t i = begin; i < end; i++) descriptor(names[i], &range);
      if (range.found.empty()) return;
      const std::lock_guard<std::mutex> guard(mutex);
      found[begin] = std::move(range.found);
    });
    for (auto& [begin, some] : found)
      std::move(some.begin(), some.end(), std::back_inserter(out_.found));
  }

  Openers take() { return std::move(out_); }

 private:
  // Some descriptors of a process, gone through by one thread.
  struct Range {
    int proc;
    const std::string& pid;
    int fds;
    Fd infos;  // opened when the first is wanted
    std::vector<Opener> found;
  };

  void descriptor(const std::string& fd, Range* range) const {
    struct statx st;
    // Follows the link of /proc, which opens nothing.
    if (statx(range->fds, fd.c_str(), AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME, &st) !=
        0)
      return;
    const auto [first, last] = targets_.equal_range(identityOf(st));
    const bool lost = nameless_ && S_ISREG(st.stx_mode) && st.stx_nlink == 0;
    if (first == last && !lost) return;
    Opener opener;
    opener.pid = atoi(range->pid.c_str());
    opener.fd = atoi(fd.c_str());
    if (!range->infos.ok())
      range->infos = Fd(openat(range->proc, (range->pid + "/fdinfo").c_str(), O_PATH | O_CLOEXEC));
    DescriptorInfo about =
        parseInfo(range->infos.ok() ? pieceAt(range->infos.get(), fd.c_str())
                                    : slurpAt(range->proc, range->pid + "/fdinfo/" + fd));
    opener.mount = about.mount;
    opener.locks = std::move(about.locks);
    if (first == last) {
      if (opener.locks.empty()) return;
      nameOf(range->fds, range->pid, fd, &opener);
      range->found.push_back(std::move(opener));
      return;
    }
    for (auto target = first; target != last; ++target) {
      opener.target = target->second;
      range->found.push_back(opener);
    }
  }

  // Where a nameless file was.
  static void nameOf(int fds, const std::string& pid, const std::string& fd, Opener* out) {
    char link[4096];
    const ssize_t size = readlinkat(fds, fd.c_str(), link, sizeof link);
    if (size > 0) out->link.assign(link, static_cast<size_t>(size));
    const std::string self = "/proc/" + pid + "/fd/" + fd;
    const ssize_t named = getxattr(self.c_str(), kAttribute, link, 255);
    if (named > 0) out->born.assign(link, static_cast<size_t>(named));
  }

  std::multimap<Identity, int, InodeOrder> targets_;
  const bool nameless_;
  const Divide& divide_;
  Openers out_;
};

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

Openers openersOf(const std::vector<Identity>& wanted, bool nameless, const Divide& divide) {
  Search search(wanted, nameless, divide);
  Numbers pids(AT_FDCWD, "/proc");
  while (const char* pid = pids.next()) search.process(pids.dir(), pid);
  return search.take();
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
