// The system calls of lockbridge's acquire and release, in the same order, and nothing else: what
// the kernel alone costs. The row `calls` compares them with what the addon does, by strace.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "bench.h"

// A complete, locked file without a name; its descriptor. `owner` -1: whoever we are.
static inline int born(const char* dir, const char* name, const char* record, int owner) {
  const size_t size = strlen(record);
  struct statx st;
  struct statfs fs;
  struct timespec times[2];
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  const int fd = must(open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644), "O_TMPFILE");
  if (owner >= 0) must(fchown(fd, owner, owner), "fchown");
  must(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st), "statx");
  must((int)pwrite(fd, record, size, 0), "pwrite");
  fsetxattr(fd, "user.lockbridge", name, strlen(name), 0);
  clock_gettime(CLOCK_REALTIME, &times[0]);
  times[1] = times[0];
  times[1].tv_sec += 120;
  must(futimens(fd, times), "futimens");
  must(flock(fd, LOCK_EX | LOCK_NB), "flock");
  must(fstatfs(fd, &fs), "fstatfs");
  must(fcntl(fd, F_OFD_SETLK, &whole), "F_OFD_SETLK");
  return fd;
}

// Leaves the lock held; its descriptor.
static inline int take(const char* dir, const char* name, const char* path, const char* record,
                       int owner) {
  const int fd = born(dir, name, record, owner);
  must(linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH), "linkat");
  return fd;
}

static inline void release(int fd, const char* dir, const char* name) {
  struct statx st;
  const int at = must(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open dir");
  must(flock(at, LOCK_SH | LOCK_NB), "flock dir");
  must(statx(at, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st), "statx name");
  must(fcntl(fd, F_SETSIG, SIGURG), "F_SETSIG");
  must(fcntl(fd, F_SETLEASE, F_WRLCK), "F_SETLEASE");
  must(unlinkat(at, name, 0), "unlinkat");
  must(fcntl(fd, F_GETLEASE), "F_GETLEASE");
  close(at);
  close(fd);
}
