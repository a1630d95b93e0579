// What others may do around the exchanges of a forced lock: before the first the lock at MEANWHILE_NAME
// is replaced by a successor (the file MEANWHILE_SUCCESSOR), before the second that name is removed, as
// by an existence locker that lets go.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int renameat2(int from, const char* old, int to, const char* new, unsigned flags) {
  static int calls;
  const char* name = getenv("MEANWHILE_NAME");
  calls++;
  if (calls == 1) rename(getenv("MEANWHILE_SUCCESSOR"), name);
  if (calls == 2) unlink(name);
  return ((__typeof__(&renameat2))dlsym(RTLD_NEXT, "renameat2"))(from, old, to, new, flags);
}
