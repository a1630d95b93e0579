#include "crew.h"

#include <sched.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace lockbridge {

namespace {

constexpr size_t kRange = 64;
constexpr size_t kWorthAThread = 8 * kRange;  // a thread costs as much as a dozen looks
constexpr size_t kMost = 4;
constexpr size_t kStack = 256 * 1024;

size_t processors() {
  cpu_set_t allowed;
  return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

}  // namespace

Crew::Crew(size_t count, std::function<void(size_t, size_t)> work)
    : count_(count), work_(std::move(work)), done_((count + kRange - 1) / kRange) {
  start(std::min({kMost, processors(), 1 + count / kWorthAThread}) - 1);
}

// pthread_create and not std::thread: without one it answers instead of ending the process.
void Crew::start(size_t helpers) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStack);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (pthread_t thread; threads_.size() < helpers; threads_.push_back(thread))
    if (pthread_create(&thread, &attributes, help, this) != 0) break;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
}

Crew::~Crew() {
  begun_.store(ranges());
  for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
}

void* Crew::help(void* crew) {
  while (static_cast<Crew*>(crew)->doOne()) continue;
  return nullptr;
}

// False: every range was begun.
bool Crew::doOne() {
  const size_t range = begun_.fetch_add(1);
  if (range >= ranges()) return false;
  work_(range * kRange, std::min((range + 1) * kRange, count_));
  const std::lock_guard<std::mutex> guard(mutex_);
  done_[range] = 1;
  pthread_cond_signal(&another_);
  return true;
}

size_t Crew::next() {
  std::unique_lock<std::mutex> guard(mutex_);
  while (used_ < ranges() && !done_[used_]) {
    guard.unlock();
    const bool did = doOne();
    guard.lock();
    if (!did && !done_[used_]) pthread_cond_wait(&another_, mutex_.native_handle());
  }
  while (used_ < ranges() && done_[used_]) used_++;
  return std::min(used_ * kRange, count_);
}

void divide(size_t count, const std::function<void(size_t, size_t)>& work) {
  Crew crew(count, work);
  while (crew.next() < count) continue;
}

}  // namespace lockbridge
