// Makes one chosen C library call of a process fail, or the process die at it: LD_PRELOADed into a
// victim, told what to do by a plan in a file that both sides map (FAULT_PLAN).
//
// While the plan is armed, each call below that the main thread makes is numbered and its name kept.
// Call number `at` returns `error` without being made (close is made: the descriptor is gone either
// way), or kills the process before it is made, which is also "after the call before it".
// Does not see calls made without the C library (io_uring, bare syscall()).
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { KILL = -1, CALLS = 32768, NAME = 16 };

struct plan {
  int armed, at, error, no_tmpfile, plan_fd, count, injected, reserved;
  char names[CALLS][NAME];
};

static struct plan* plan;

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("FAULT_PLAN");
  if (path == NULL) return;
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (plan == MAP_FAILED) abort();
  syscall(SYS_close, fd);
}

// True if this call is the one that fails; errno is set.
static int fails(const char* name) {
  if (plan == NULL || !plan->armed || syscall(SYS_gettid) != getpid()) return 0;
  const int number = plan->count++;
  if (number < CALLS) strncpy(plan->names[number], name, NAME - 1);
  if (number != plan->at) return 0;
  plan->injected = 1;
  if (plan->error == KILL) kill(getpid(), SIGKILL);
  errno = plan->error;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRAP(type, name, shown, params, args) \
  type name params {                          \
    if (fails(shown)) return (type)-1;        \
    return REAL(name) args;                   \
  }

// Without files that have no name, as on filesystems that know none; not counted as the failure.
static int refused(int flags) {
  if (plan == NULL || !plan->armed || !plan->no_tmpfile) return 0;
  if ((flags & O_TMPFILE) != O_TMPFILE) return 0;
  errno = EOPNOTSUPP;
  return 1;
}

#define MODE(flags, mode)                          \
  mode_t mode = 0;                                 \
  if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
    va_list rest;                                  \
    va_start(rest, flags);                         \
    mode = va_arg(rest, mode_t);                   \
    va_end(rest);                                  \
  }
#define OPENING(flags) (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? "create" : "open")
#define WRAP_OPEN(name)                          \
  int name(const char* path, int flags, ...) {   \
    MODE(flags, mode)                            \
    if (refused(flags) || fails(OPENING(flags))) return -1; \
    return REAL(name)(path, flags, mode);        \
  }
#define WRAP_OPENAT(name)                                 \
  int name(int dir, const char* path, int flags, ...) {   \
    MODE(flags, mode)                                     \
    if (refused(flags) || fails(OPENING(flags))) return -1; \
    return REAL(name)(dir, path, flags, mode);            \
  }
#define WRAP_FCNTL(name)                                      \
  int name(int fd, int command, ...) {                        \
    va_list rest;                                             \
    va_start(rest, command);                                  \
    void* argument = va_arg(rest, void*);                     \
    va_end(rest);                                             \
    if (fails(command == F_SETLEASE ? "lease" : "fcntl")) return -1; \
    return REAL(name)(fd, command, argument);                 \
  }
#define WRAP_PWRITE(name, offset_type)                                \
  ssize_t name(int fd, const void* data, size_t size, offset_type at) { \
    if (plan != NULL && fd == plan->plan_fd) return REAL(name)(fd, data, size, at); \
    if (fails("write")) return -1;                                    \
    return REAL(name)(fd, data, size, at);                            \
  }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)
WRAP_PWRITE(pwrite, off_t)
WRAP_PWRITE(pwrite64, off64_t)
WRAP(ssize_t, pread, "read", (int fd, void* to, size_t size, off_t at), (fd, to, size, at))
WRAP(ssize_t, pread64, "read", (int fd, void* to, size_t size, off64_t at), (fd, to, size, at))
WRAP(ssize_t, read, "read", (int fd, void* to, size_t size), (fd, to, size))
WRAP(int, flock, "flock", (int fd, int operation), (fd, operation))
WRAP(int, fchown, "fchown", (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
WRAP(int, fchmod, "fchmod", (int fd, mode_t mode), (fd, mode))
WRAP(int, ftruncate, "ftruncate", (int fd, off_t size), (fd, size))
WRAP(int, ftruncate64, "ftruncate", (int fd, off64_t size), (fd, size))
WRAP(int, futimens, "utime", (int fd, const struct timespec times[2]), (fd, times))
WRAP(int, unlink, "unlink", (const char* path), (path))
WRAP(int, unlinkat, "unlink", (int dir, const char* path, int flags), (dir, path, flags))
WRAP(int, linkat, "link", (int from, const char* old, int to, const char* new, int flags),
     (from, old, to, new, flags))
WRAP(int, renameat, "rename", (int from, const char* old, int to, const char* new),
     (from, old, to, new))
WRAP(int, renameat2, "rename",
     (int from, const char* old, int to, const char* new, unsigned int flags),
     (from, old, to, new, flags))
WRAP(int, statx, "stat",
     (int dir, const char* restrict path, int flags, unsigned int mask, struct statx* restrict to),
     (dir, path, flags, mask, to))
#define WRAP_STAT(suffix)                                                                \
  WRAP(int, fstat##suffix, "stat", (int fd, struct stat##suffix* to), (fd, to))          \
  WRAP(int, stat##suffix, "stat",                                                        \
       (const char* restrict path, struct stat##suffix* restrict to), (path, to))        \
  WRAP(int, lstat##suffix, "stat",                                                       \
       (const char* restrict path, struct stat##suffix* restrict to), (path, to))        \
  WRAP(int, fstatat##suffix, "stat",                                                     \
       (int dir, const char* restrict path, struct stat##suffix* restrict to, int flags), \
       (dir, path, to, flags))
WRAP_STAT()
WRAP_STAT(64)
WRAP(int, fstatfs64, "statfs", (int fd, struct statfs64* to), (fd, to))
WRAP(int, fstatfs, "statfs", (int fd, struct statfs* to), (fd, to))
WRAP(int, fsetxattr, "setxattr",
     (int fd, const char* name, const void* value, size_t size, int flags),
     (fd, name, value, size, flags))
WRAP(ssize_t, fgetxattr, "getxattr", (int fd, const char* name, void* value, size_t size),
     (fd, name, value, size))
WRAP(ssize_t, lgetxattr, "getxattr", (const char* path, const char* name, void* value, size_t size),
     (path, name, value, size))
WRAP(ssize_t, getxattr, "getxattr", (const char* path, const char* name, void* value, size_t size),
     (path, name, value, size))
WRAP(int, rename, "rename", (const char* old, const char* new), (old, new))
WRAP(int, rmdir, "unlink", (const char* path), (path))
WRAP(ssize_t, readlink, "readlink", (const char* restrict path, char* restrict to, size_t size),
     (path, to, size))
WRAP(ssize_t, readlinkat, "readlink",
     (int dir, const char* restrict path, char* restrict to, size_t size), (dir, path, to, size))

DIR* opendir(const char* path) { return fails("open") ? NULL : REAL(opendir)(path); }

int close(int fd) {
  const int failed = fails("close");
  const int error = errno;
  const int done = REAL(close)(fd);
  if (!failed) return done;
  errno = error;
  return -1;
}
