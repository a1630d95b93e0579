// The command that a waiting `flock FILE COMMAND` runs once it holds. Prints a time of
// CLOCK_MONOTONIC in nanoseconds: now, or, given a lock file of lockbridge, when it was taken,
// which leaves out the start of this command. The file's mtime says so: it stands two minutes ahead
// of that moment.
#include <sys/stat.h>

#include "bench.h"

static const long long kAhead = 120 * 1000000000LL;

static long long nanoseconds(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }

int main(int argc, char** argv) {
  const long long begin = now();
  if (argc > 1) {
    struct timespec real;
    struct stat file;
    must(stat(argv[1], &file), argv[1]);
    clock_gettime(CLOCK_REALTIME, &real);
    printf("%lld\n", now() - (nanoseconds(real) - (nanoseconds(file.st_mtim) - kAhead)));
  } else {
    printf("%lld\n", begin);
  }
  return 0;
}
