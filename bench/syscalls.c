// The system calls of lockbridge's acquire and release, in the same order, and nothing else: what the
// kernel alone costs. Prints nanoseconds.
//   syscalls each DIR NAME RECORD N            one lock, N times; for one acquire and release
//   syscalls together DIR RECORD OWNER N       both locks of N services at once; for all of them
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static void must(int result, const char* what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
}

// Leaves the lock held; its descriptor. `owner` -1: whoever we are.
static int take(const char* dir, const char* path, const char* record, int owner) {
  const size_t size = strlen(record);
  struct statx st;
  struct statfs fs;
  struct timespec times[2];
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  const int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
  must(fd, "O_TMPFILE");
  if (owner >= 0) {
    must(fchown(fd, owner, owner), "fchown");
    must(fchmod(fd, 0644), "fchmod");
  }
  must(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st), "statx");
  must((int)pwrite(fd, record, size, 0), "pwrite");
  fsetxattr(fd, "user.lockbridge", "1", 1, 0);
  clock_gettime(CLOCK_REALTIME, &times[0]);
  times[1] = times[0];
  times[1].tv_sec += 120;
  must(futimens(fd, times), "futimens");
  must(flock(fd, LOCK_EX | LOCK_NB), "flock");
  must(fstatfs(fd, &fs), "fstatfs");
  must(fcntl(fd, F_OFD_SETLK, &whole), "F_OFD_SETLK");
  must(linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH), "linkat");
  return fd;
}

static void release(int fd, const char* dir, const char* name) {
  struct statx st;
  const int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  must(at, "open dir");
  must(flock(at, LOCK_SH | LOCK_NB), "flock dir");
  must(statx(at, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st), "statx name");
  must(fcntl(fd, F_SETSIG, SIGURG), "F_SETSIG");
  must(fcntl(fd, F_SETLEASE, F_WRLCK), "F_SETLEASE");
  must(unlinkat(at, name, 0), "unlinkat");
  must(fcntl(fd, F_GETLEASE), "F_GETLEASE");
  close(at);
  close(fd);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

// One lock after the other; nanoseconds for one.
static double each(const char* dir, const char* name, const char* record, int n) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  for (int i = 0; i < n / 10; i++) release(take(dir, path, record, -1), dir, name);
  const double begin = now();
  for (int i = 0; i < n; i++) release(take(dir, path, record, -1), dir, name);
  return (now() - begin) / n;
}

// Both update locks of `n` services, DIR/s0 to DIR/s<n-1>, held together; nanoseconds for all.
static double together(const char* dir, const char* record, int owner, int n) {
  static const char* const names[] = {"resin-updates.lock", "updates.lock"};
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int* fds = malloc(sizeof(int) * 2 * n);
  char(*dirs)[256] = malloc(256 * n);
  char(*paths)[300] = malloc(300 * 2 * n);
  for (int i = 0; i < n; i++) {
    snprintf(dirs[i], 256, "%s/s%d", dir, i);
    for (int j = 0; j < 2; j++) snprintf(paths[2 * i + j], 300, "%s/%s", dirs[i], names[j]);
  }
  const double begin = now();
  for (int i = 0; i < 2 * n; i++) fds[i] = take(dirs[i / 2], paths[i], record, owner);
  for (int i = 0; i < 2 * n; i++) release(fds[i], dirs[i / 2], names[i % 2]);
  return now() - begin;
}

int main(int argc, char** argv) {
  if (argc == 6 && strcmp(argv[1], "each") == 0)
    printf("%.0f\n", each(argv[2], argv[3], argv[4], atoi(argv[5])));
  else if (argc == 6 && strcmp(argv[1], "together") == 0)
    printf("%.0f\n", together(argv[2], argv[3], atoi(argv[4]), atoi(argv[5])));
  else
    return 64;
  return 0;
}
