// SIGTERM at the worst moment: after a program has looked for signals, and before the call in which it
// waits for its child. A C handler that only takes note is then too late (signal(7), pselect(2)).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  static int sent;
  if (!sent) {
    sent = 1;
    kill(getpid(), SIGTERM);
  }
  return ((__typeof__(&waitid))dlsym(RTLD_NEXT, "waitid"))(type, id, info, options);
}
