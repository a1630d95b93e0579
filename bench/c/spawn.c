// Starts a command N times, one after the other, from a small process. Prints for each the
// nanoseconds until it had ended, and its largest resident set in kilobytes.
//   spawn N COMMAND [ARG...]
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench.h"

extern char** environ;

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
  for (int left = atoi(argv[1]); left > 0; left--) {
    pid_t pid;
    int status;
    struct rusage used;
    const long long begin = now();
    if (posix_spawnp(&pid, argv[2], &silent, NULL, argv + 2, environ) != 0) return 69;
    must(wait4(pid, &status, 0, &used), "wait4");
    const long long took = now() - begin;
    // 1 says "held" in every lock command.
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
      fprintf(stderr, "%s ended with status %#x\n", argv[2], status);
      return 1;
    }
    printf("%lld %ld\n", took, used.ru_maxrss);
  }
  return 0;
}
