// A holder or a waiter that lives as long as its stdin and speaks a line protocol; every time is of
// CLOCK_MONOTONIC, in nanoseconds.
//   party flock|create
//     take PATH   holds it, without waiting     -> held
//     wait PATH   waits for it and holds it     -> waiting, held TIME
//     drop        lets go                       -> dropped TIME
// `create` holds while the name exists, and waits by inotify.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "bench.h"

enum { kLine = PATH_MAX + 16 };

static char path[kLine];
static int fd = -1;
static int watches = -1;  // for the life of the process: closing one takes about 15 ms

static int create(void) {
  const int made = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (made < 0) return 0;
  close(made);
  return 1;
}

static void waitForName(void) {
  char dir[kLine];
  snprintf(dir, sizeof dir, "%s", path);
  if (watches < 0) watches = must(inotify_init1(IN_CLOEXEC), "inotify_init1");
  const int wd = must(inotify_add_watch(watches, dirname(dir), IN_DELETE | IN_MOVED_FROM), dir);
  char events[4096];
  while (!create())
    if (errno != EEXIST || read(watches, events, sizeof events) < 0) must(-1, "wait");
  const long long held = now();
  inotify_rm_watch(watches, wd);
  while (read(watches, events, sizeof events) > 0)
    if (((struct inotify_event*)events)->mask & IN_IGNORED) break;
  printf("held %lld\n", held);
}

static void openIt(void) { fd = must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644), path); }

static void waitForFlock(void) {
  openIt();
  must(flock(fd, LOCK_EX), "flock");
  printf("held %lld\n", now());
}

static void take(int flocks) {
  if (flocks) {
    openIt();
    must(flock(fd, LOCK_EX | LOCK_NB), "flock");
  } else if (!create()) {
    must(-1, path);
  }
  puts("held");
}

// The answer comes a moment later, so that whoever reads it does not run at the same time as the
// waiter.
static void drop(int flocks) {
  const struct timespec moment = {0, 5000000};
  const long long begin = now();
  must(flocks ? close(fd) : unlink(path), "drop");
  nanosleep(&moment, NULL);
  printf("dropped %lld\n", begin);
}

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  const int flocks = strcmp(argv[1], "flock") == 0;
  char line[kLine];
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "drop", 4) == 0) {
      drop(flocks);
      continue;
    }
    snprintf(path, sizeof path, "%s", line + 5);
    if (strncmp(line, "take", 4) == 0) {
      take(flocks);
    } else {
      puts("waiting");
      if (flocks)
        waitForFlock();
      else
        waitForName();
    }
  }
  return 0;
}
