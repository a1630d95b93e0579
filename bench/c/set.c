// Both update locks of N services, DIR/s0 to DIR/s<N-1>, held together and released, TIMES times.
// Prints the nanoseconds of all N, each time. OWNER -1: whoever we are.
//   set DIR RECORD OWNER N TIMES
#include <sys/resource.h>

#include "calls.h"

typedef struct {
  int fd;
  char dir[256];
  char path[300];
} Lock;

static const char* const kNames[] = {"resin-updates.lock", "updates.lock"};

int main(int argc, char** argv) {
  if (argc != 6) return 64;
  const char* record = argv[2];
  const int owner = atoi(argv[3]), n = atoi(argv[4]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  Lock* locks = calloc(2 * n, sizeof *locks);
  for (int i = 0; i < 2 * n; i++) {
    snprintf(locks[i].dir, sizeof locks[i].dir, "%s/s%d", argv[1], i / 2);
    snprintf(locks[i].path, sizeof locks[i].path, "%s/%s", locks[i].dir, kNames[i % 2]);
  }
  for (int left = atoi(argv[5]); left > 0; left--) {
    const long long begin = now();
    for (int i = 0; i < 2 * n; i++)
      locks[i].fd = take(locks[i].dir, kNames[i % 2], locks[i].path, record, owner);
    for (int i = 0; i < 2 * n; i++) release(locks[i].fd, locks[i].dir, kNames[i % 2]);
    printf("%lld\n", now() - begin);
  }
  return 0;
}
