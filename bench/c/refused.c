// An attempt on a lock that somebody else has, N times. Prints the nanoseconds of one.
//   refused create PATH N    open(2) with O_EXCL: refused by the name
//   refused flock PATH N     open and flock(2) without waiting: refused by the kernel lock
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bench.h"

static void create(const char* path) {
  if (open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644) >= 0 || errno != EEXIST) exit(1);
}

static void lock(const char* path) {
  const int fd = must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644), path);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) exit(1);
  close(fd);
}

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  void (*attempt)(const char*) = strcmp(argv[1], "create") == 0 ? create : lock;
  const int n = atoi(argv[3]);
  for (int i = 0; i < n / 10; i++) attempt(argv[2]);  // to warm up
  const long long begin = now();
  for (int i = 0; i < n; i++) attempt(argv[2]);
  printf("%lld\n", (now() - begin) / n);
  return 0;
}
