// The system calls of one lockbridge acquire and release, in the same order, and nothing else: what
// the kernel alone costs. Usage: syscalls DIR NAME RECORD N; prints nanoseconds for one of both.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

static void once(const char* dir, const char* path, const char* name, const char* record) {
  const size_t size = strlen(record);
  struct statx st;
  struct statfs fs;
  struct timespec times[2];
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  const int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
  must(fd, "O_TMPFILE");
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

int main(int argc, char** argv) {
  if (argc != 5) return 64;
  const char *dir = argv[1], *name = argv[2], *record = argv[3];
  const int n = atoi(argv[4]);
  if (n < 1) return 64;
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  struct timespec begin, end;
  for (int i = 0; i < n / 10; i++) once(dir, path, name, record);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (int i = 0; i < n; i++) once(dir, path, name, record);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.0f\n", ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / n);
  return 0;
}
