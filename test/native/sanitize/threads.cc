// The addon's code without Node, used from many threads at once, for a build with a sanitizer or a
// run under valgrind: a race, a use after free, a leak or undefined behaviour ends it with a
// report. Arguments: a directory, how many rounds, `all` or `known` (without the
// system call that valgrind 3.19 does not know, pidfd_open), and a fault to commit, which shows
// that it would be reported. Prints what came of the rounds, so that a run which did nothing shows.

#include <fcntl.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "../../../native/exits.h"
#include "../../../native/lineage.h"
#include "../../../native/lockfile.h"
#include "../../../native/looks.h"
#include "../../../native/parse.h"
#include "../../../native/probe.h"
#include "../../../native/procfs.h"
#include "../../../native/waiter.h"
#include "../../../native/watcher.h"

using namespace lockbridge;

namespace {

Birth birth() {
  Birth made;
  made.record = "1\n{\"lockbridge\":1,\"pid\":1}\n";
  made.aheadSeconds = 120;
  return made;
}

struct Counts {
  std::atomic<int> entries{0};
  std::atomic<int> inside{0};
};

void enter(Held&& held, Counts* counts) {
  if (counts->inside.fetch_add(1) != 0) abort();  // two at once
  counts->entries.fetch_add(1);
  counts->inside.fetch_sub(1);
  release(std::move(held));
}

Claim claimOf(const std::string& path) {
  Claim claim;
  claim.path = path;
  claim.birth = birth();
  return claim;
}

// Takes and releases a path; where it is taken, waits on a thread of its own, which is cancelled
// now and then, and adopts what it was given.
void contend(const std::string& path, int rounds, Counts* counts) {
  for (int round = 0; round < rounds; round++) {
    Held held;
    if (create(path, birth(), &held) == 0) {
      enter(std::move(held), counts);
      continue;
    }
    Held candidate;
    if (waitOpen(path, &candidate) < 0) continue;
    std::atomic<int> answers{0};
    std::optional<Claim> claim;
    if (round % 2 == 0) claim = claimOf(path);
    Waiter waiter(std::move(candidate), std::move(claim), [&] { answers.fetch_add(1); });
    if (waiter.start() < 0) continue;
    if (round % 3 == 0) waiter.cancel();
    // What was taken and is not fetched is let go at the end.
    if (round % 5 == 0) continue;
    Answer answer = waiter.fetch();
    if (answers.load() != 1) abort();
    if (answer.result == kToJudge && adoptCommit(&answer.held, birth()) == 0)
      answer.result = kTaken;
    if (answer.result == kTaken) enter(std::move(answer.held), counts);
  }
}

// Watches come and go while files of the directory do.
void watch(Watcher* watcher, const std::string& dir, int rounds, std::atomic<int>* gone) {
  for (int round = 0; round < rounds; round++) {
    Interest interest;
    interest.lineage = round % 2 == 0;
    interest.opens = round % 3 == 0;
    const int wd = watcher->add(dir, interest);
    if (wd < 0) continue;
    Lineage seen;
    watcher->lineage(wd, "made", &seen);
    const int id = watcher->expect(wd, "made", [gone] { gone->fetch_add(1); });
    if (round % 7 != 0) watcher->withdraw(wd, id);
    watcher->remove(wd, interest);
  }
}

void churn(const std::string& dir, int rounds) {
  const std::string path = dir + "/made";
  for (int round = 0; round < rounds; round++) {
    const Fd fd(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644));
    look(path, Depth::kContent);
    // By threads of its own, of a file that others make, take and remove meanwhile.
    if (round % 100 == 0) lookAll(std::vector<std::string>(1100, path), Depth::kContent);
    unlink(path.c_str());
  }
}

uint64_t startOf(pid_t pid) {
  const Fd file(open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  char text[1024];
  const ssize_t got = read(file.get(), text, sizeof text);
  return got <= 0 ? 0 : parseStat(std::string(text, static_cast<size_t>(got))).start;
}

// Processes end while their ends are watched, and now and then are no longer watched just then.
void spawn(ExitWatcher* watcher, int first, int rounds) {
  char name[] = "true";
  char* const words[] = {name, nullptr};
  for (int id = first; id < first + rounds; id++) {
    pid_t pid;
    if (posix_spawnp(&pid, name, nullptr, nullptr, words, environ) != 0) continue;
    const bool watched = watcher->add(pid, startOf(pid), id) == 0;
    if (watched && id % 3 == 0) watcher->remove(id);
    waitpid(pid, nullptr, 0);
  }
}

// What is to be found, or a run without a finding says nothing.
int commit(const std::string& fault) {
  if (fault == "race") {
    int plain = 0;
    std::thread other([&] { plain++; });
    plain++;
    other.join();
    return plain;
  }
  int* volatile blank = static_cast<int*>(malloc(sizeof(int)));
  if (fault == "leak") blank = nullptr;
  if (fault == "uninitialised") return *blank;
  free(blank);
  std::vector<int> four(4);
  const size_t at = fault == "overflow" ? four.size() : 0;
  int* volatile data = four.data();
  if (fault == "undefined") return std::numeric_limits<int>::max() + (data[0] + 1);
  return data[at];
}

}  // namespace

int main(int argc, char** argv) {
  const std::string dir = argc > 1 ? argv[1] : ".";
  const int rounds = argc > 2 ? atoi(argv[2]) : 100;
  const bool all = argc > 3 && std::string(argv[3]) == "all";
  if (argc > 4) return commit(argv[4]) == 0 ? 0 : 1;
  Counts counts;
  std::atomic<int> events{0}, ends{0}, gone{0};
  {
    ExitWatcher exits([&](int) { ends.fetch_add(1); });
    Watcher watcher(
        [&](std::vector<WatchEvent>&& seen) { events.fetch_add(static_cast<int>(seen.size())); });
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++) {
      threads.emplace_back(contend, dir + "/lock", rounds, &counts);
    }
    for (int i = 0; i < 2; i++) threads.emplace_back(watch, &watcher, dir, rounds, &gone);
    threads.emplace_back(churn, dir, rounds);
    for (int i = 0; all && i < 2; i++)
      threads.emplace_back(spawn, &exits, 1 + i * rounds, 10 + rounds / 50);
    for (std::thread& thread : threads) thread.join();
  }
  // The last one may have handed over to a waiter that was cancelled: then its mark is left.
  sweep(dir + "/lock");
  printf("entries %d events %d ends %d\n", counts.entries.load(), events.load(), ends.load());
  return 0;
}
