// Hides libuv's functions from whoever looks for them by name in the running program: LD_PRELOADed
// into a Node process.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

void *dlsym(void *handle, const char *name) {
  static void *(*real)(void *, const char *);
  if (strncmp(name, "uv_", 3) == 0) return 0;
  // glibc has it in libc.so since 2.34, and before that in libdl.so, whose first version is older.
  if (!real) real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
  if (!real) real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  if (!real) real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.17");
  return real(handle, name);
}
