// One lock, taken and released N times. Prints the nanoseconds of one.
//   uncontended DIR NAME RECORD N
#include "calls.h"

static void rounds(const char* dir, const char* name, const char* path, const char* record, int n) {
  for (int i = 0; i < n; i++) release(take(dir, name, path, record, -1), dir, name);
}

int main(int argc, char** argv) {
  if (argc != 5) return 64;
  const char *dir = argv[1], *name = argv[2], *record = argv[3];
  const int n = atoi(argv[4]);
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  rounds(dir, name, path, record, n / 10);  // to warm up
  const long long begin = now();
  rounds(dir, name, path, record, n);
  printf("%lld\n", (now() - begin) / n);
  return 0;
}
