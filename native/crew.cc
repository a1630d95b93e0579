#include "crew.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <vector>

namespace lockbridge {

namespace {

constexpr size_t kRange = 64;
constexpr size_t kWorthAThread = 8 * kRange;  // a thread costs as much as a dozen looks
constexpr size_t kMost = 4;
constexpr size_t kStack = 256 * 1024;

struct Crew {
  size_t count;
  const std::function<void(size_t, size_t)>& work;
  std::atomic<size_t> next{0};

  void run() {
    for (size_t at; (at = next.fetch_add(kRange)) < count;) work(at, std::min(at + kRange, count));
  }
};

void* runOne(void* crew) {
  static_cast<Crew*>(crew)->run();
  return nullptr;
}

size_t processors() {
  cpu_set_t allowed;
  return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

// pthread_create and not std::thread: without one it answers instead of ending the process.
std::vector<pthread_t> helpers(size_t wanted, Crew* crew) {
  std::vector<pthread_t> threads;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (pthread_t thread; threads.size() < wanted; threads.push_back(thread))
    if (pthread_create(&thread, &attributes, runOne, crew) != 0) break;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return threads;
}

}  // namespace

void inParallel(size_t count, const std::function<void(size_t, size_t)>& work) {
  Crew crew{count, work};
  const size_t crewSize = std::min({kMost, processors(), 1 + count / kWorthAThread});
  const std::vector<pthread_t> threads = helpers(crewSize - 1, &crew);
  crew.run();
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

}  // namespace lockbridge
