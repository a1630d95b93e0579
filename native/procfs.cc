#include "procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

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

bool isNumber(const char* name) {
  for (const char* c = name; *c; c++)
    if (*c < '0' || *c > '9') return false;
  return *name != 0;
}

// Calls back for every entry of a directory whose name is a number, until the callback says stop.
void eachNumber(int parent, const char* path, const std::function<bool(int, const char*)>& visit) {
  const int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  DIR* dir = fdopendir(fd);
  if (dir == nullptr) {
    close(fd);
    return;
  }
  while (const dirent* entry = readdir(dir))
    if (isNumber(entry->d_name) && !visit(dirfd(dir), entry->d_name)) break;
  closedir(dir);
}

// Calls back with (/proc descriptor, pid, fd) for every visible opener of the inode.
void eachOpener(const Identity& id, const std::function<bool(int, const char*, const char*)>& hit) {
  const dev_t dev = makedev(id.major, id.minor);
  bool more = true;
  eachNumber(AT_FDCWD, "/proc", [&](int proc, const char* pid) {
    const std::string fds = std::string(pid) + "/fd";
    eachNumber(proc, fds.c_str(), [&](int dir, const char* fd) {
      struct stat st;
      if (fstatat(dir, fd, &st, 0) == 0 && st.st_ino == id.ino && st.st_dev == dev)
        more = hit(proc, pid, fd);
      return more;
    });
    return more;
  });
}

enum class Locks { kNone, kSome, kClosedMeanwhile };

// The advisory locks of one open file description, from its fdinfo.
Locks locksOf(int proc, const char* pid, const char* fd) {
  const std::string path = std::string(pid) + "/fdinfo/" + fd;
  const Fd info(openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!info.ok()) return Locks::kClosedMeanwhile;
  const std::string text = slurp(info.get());
  for (const char* kind : {": FLOCK ", ": POSIX ", ": OFDLCK "})
    if (text.find(kind) != std::string::npos) return Locks::kSome;
  return Locks::kNone;
}

}  // namespace

std::vector<LockLine> kernelLocks(const Identity& id) {
  std::vector<LockLine> found;
  const Fd fd(retry([] { return open("/proc/locks", O_RDONLY | O_CLOEXEC); }));
  if (!fd.ok()) return found;
  const std::string text = slurp(fd.get());
  char want[64];
  // "1: FLOCK  ADVISORY  WRITE 5563 fe:00:2188353 0 EOF", "1: -> FLOCK ..." for a waiter.
  snprintf(want, sizeof want, " %02x:%02x:%llu ", id.major, id.minor,
           static_cast<unsigned long long>(id.ino));
  for (size_t start = 0; start < text.size();) {
    size_t end = text.find('\n', start);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    if (line.find(want) == std::string::npos) continue;
    char kind[16], advice[16], mode[16];
    int pid = 0;
    const char* body = strchr(line.c_str(), ':');
    if (body == nullptr) continue;
    body += 2;
    // Each waiter is indented below the one that it waits for: exclusive ones form a chain.
    body += strspn(body, " ");
    const bool waiting = strncmp(body, "-> ", 3) == 0;
    if (waiting) body += 3;
    if (sscanf(body, "%15s %15s %15s %d", kind, advice, mode, &pid) != 4) continue;
    if (strcmp(kind, "LEASE") == 0 || strcmp(kind, "DELEG") == 0) continue;
    found.push_back({kind, strcmp(mode, "WRITE") == 0, waiting, pid});
  }
  return found;
}

bool othersHaveOpen(const Identity& id, int exceptFd) {
  const std::string self = std::to_string(getpid()), except = std::to_string(exceptFd);
  bool found = false;
  eachOpener(id, [&](int, const char* pid, const char* fd) {
    found = self != pid || except != fd;
    return !found;
  });
  return found;
}

bool openerWithLock(const Identity& id) {
  bool found = false;
  eachOpener(id, [&](int proc, const char* pid, const char* fd) {
    found = locksOf(proc, pid, fd) == Locks::kSome;
    return !found;
  });
  return found;
}

bool openerWithoutLock(const Identity& id) {
  bool found = false;
  eachOpener(id, [&](int proc, const char* pid, const char* fd) {
    found = locksOf(proc, pid, fd) == Locks::kNone;
    return !found;
  });
  return found;
}

}  // namespace lockbridge
