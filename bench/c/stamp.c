// Prints the time of CLOCK_MONOTONIC in nanoseconds: the command that a waiting `flock FILE
// COMMAND` runs once it holds.
#include "bench.h"

int main(void) {
  printf("%lld\n", now());
  return 0;
}
