#include "procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "lockfile.h"
#include "sys.h"

namespace lockbridge {

namespace {

std::string slurp(int fd) {
  std::string text;
  char chunk[16384];
  for (;;) {
    const ssize_t got = retry([&] { return read(fd, chunk, sizeof chunk); });
    if (got <= 0) return text;
    text.append(chunk, static_cast<size_t>(got));
  }
}

std::string slurpAt(int dir, const std::string& path) {
  const Fd fd(openat(dir, path.c_str(), O_RDONLY | O_CLOEXEC));
  return fd.ok() ? slurp(fd.get()) : std::string();
}

bool isNumber(const char* name) {
  for (const char* c = name; *c; c++)
    if (*c < '0' || *c > '9') return false;
  return *name != 0;
}

// Calls back for every entry of a directory whose name is a number. 0 or -errno.
int eachNumber(int parent, const char* path, const std::function<void(int, const char*)>& visit) {
  const int fd = retry([&] { return openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
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

// "1: FLOCK  ADVISORY  WRITE 5563 fe:00:2188353 0 EOF"; a waiter is "1: -> FLOCK …", and each is
// indented below the one that it waits for: exclusive waiters form a chain.
bool parse(const char* line, LockLine* out, std::string* where) {
  const char* body = strchr(line, ':');
  if (body == nullptr) return false;
  body += 1 + strspn(body + 1, " ");
  out->waiting = strncmp(body, "-> ", 3) == 0;
  if (out->waiting) body += 3;
  char kind[16], advice[16], mode[16], inode[64], from[24], to[24];
  if (sscanf(body, "%15s %15s %15s %d %63s %23s %23s", kind, advice, mode, &out->pid, inode, from,
             to) != 7)
    return false;
  if (strcmp(kind, "LEASE") == 0 || strcmp(kind, "DELEG") == 0) return false;
  out->kind = kind;
  out->write = strcmp(mode, "WRITE") == 0;
  out->from = from;
  out->to = to;
  *where = inode;
  return true;
}

void eachLine(const std::string& text, const std::function<void(const char*)>& visit) {
  for (size_t start = 0; start < text.size();) {
    size_t end = text.find('\n', start);
    if (end == std::string::npos) end = text.size();
    visit(text.substr(start, end - start).c_str());
    start = end + 1;
  }
}

void readInfo(int proc, const std::string& pid, const char* fd, Opener* out) {
  eachLine(slurpAt(proc, pid + "/fdinfo/" + fd), [&](const char* line) {
    LockLine lock;
    std::string where;
    if (strncmp(line, "mnt_id:", 7) == 0) out->mount = atoi(line + 7);
    if (strncmp(line, "lock:", 5) == 0 && parse(line + 5, &lock, &where))
      out->locks.push_back(lock);
  });
}

// Kernel threads have no descriptors, but root owns their directories: nothing is hidden there.
bool isKernelThread(int proc, const std::string& pid) {
  constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD, field 9 of stat
  const std::string stat = slurpAt(proc, pid + "/stat");
  const size_t end = stat.rfind(')');
  unsigned long flags = 0;
  if (end == std::string::npos) return false;
  if (sscanf(stat.c_str() + end + 1, " %*c %*d %*d %*d %*d %*d %lu", &flags) != 1) return false;
  return flags & kKernelThread;
}

}  // namespace

LockTable::LockTable() {
  eachLine(slurpAt(AT_FDCWD, "/proc/locks"), [&](const char* line) {
    LockLine lock;
    std::string where;
    if (parse(line, &lock, &where)) lines_[where].push_back(lock);
  });
}

std::vector<LockLine> kernelLocks(const Identity& id) {
  std::vector<LockLine> found;
  const std::string want = key(id);
  eachLine(slurpAt(AT_FDCWD, "/proc/locks"), [&](const char* line) {
    LockLine lock;
    std::string where;
    if (strstr(line, want.c_str()) && parse(line, &lock, &where) && where == want)
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
  std::unordered_map<std::string, int> targets;
  for (size_t i = 0; i < wanted.size(); i++) targets.emplace(key(wanted[i]), i);
  eachNumber(AT_FDCWD, "/proc", [&](int proc, const char* name) {
    const std::string pid = name;
    const int seen = eachNumber(proc, (pid + "/fd").c_str(), [&](int dir, const char* fd) {
      struct statx st;
      // Follows the link of /proc, which opens nothing.
      if (statx(dir, fd, AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME, &st) != 0) return;
      const auto found = targets.find(key(identityOf(st)));
      const bool lost = nameless && S_ISREG(st.stx_mode) && st.stx_nlink == 0;
      if (found == targets.end() && !lost) return;
      Opener opener;
      opener.pid = atoi(name);
      opener.fd = atoi(fd);
      readInfo(proc, pid, fd, &opener);
      if (found != targets.end()) {
        opener.target = found->second;
      } else {
        if (opener.locks.empty()) return;
        char link[4096];
        const ssize_t size = readlinkat(dir, fd, link, sizeof link);
        if (size > 0) opener.link.assign(link, static_cast<size_t>(size));
        const std::string self = "/proc/" + pid + "/fd/" + fd;
        const ssize_t named = getxattr(self.c_str(), kAttribute, link, 255);
        if (named > 0) opener.born.assign(link, static_cast<size_t>(named));
      }
      out.found.push_back(std::move(opener));
    });
    if ((seen == -EACCES || seen == -EPERM) && !isKernelThread(proc, pid)) out.hidden++;
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
  const long done = retry([&] {
    return syscall(SYS_kcmp, static_cast<pid_t>(pid), static_cast<pid_t>(otherPid), KCMP_FILE,
                   static_cast<unsigned long>(fd), static_cast<unsigned long>(otherFd));
  });
  return done < 0 ? static_cast<int>(done) : done == 0 ? 1 : 0;
}

}  // namespace lockbridge
