// Flocks every path that comes on stdin, a line each and an empty one at the end; says `held`, and
// lets go when its stdin ends.
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "bench.h"

int main(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  char path[PATH_MAX + 2];
  while (fgets(path, sizeof path, stdin) != NULL && path[0] != '\n') {
    path[strcspn(path, "\n")] = 0;
    must(flock(must(open(path, O_RDWR | O_CLOEXEC), path), LOCK_EX | LOCK_NB), path);
  }
  puts("held");
  fflush(stdout);
  while (fgets(path, sizeof path, stdin) != NULL) continue;
  return 0;
}
