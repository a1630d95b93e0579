// What the C programs share: the clock that all parties read, and an end with the reason.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline int must(int result, const char* what) {
  if (result >= 0) return result;
  perror(what);
  exit(1);
}

// Nanoseconds of CLOCK_MONOTONIC, which process.hrtime and Python's time.monotonic_ns read too.
static inline long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}
