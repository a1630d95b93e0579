// Blocking waits for the kernel locks of a file, each on a thread of its own: libuv's pool has four
// threads, and four waiters there would stop every file operation of the process.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "claim.h"

namespace lockbridge {

// What a wait came to.
struct Answer {
  // Claimed, or -errno: -ECANCELED after cancel(), -ESTALE: the path names another file.
  int result = 0;
  Held held;           // with kTaken and kToJudge
  std::string record;  // with kTaken
};

// One blocked wait: for the flock and the record lock of the file, one after the other, for as long
// as either is refused; what it has of one is given back while it waits for the other. Then, with a
// claim, the file is made ours; without one nothing is kept.
class Waiter {
 public:
  // `candidate`: of waitOpen. `woken()` is called once, on the waiting thread, when the kernel has
  // answered: the claim is then still being made, so that whoever is told wakes up meanwhile.
  Waiter(Held&& candidate, std::optional<Claim>&& claim, std::function<void()> woken);
  // Cancels, joins, and lets go what was taken and not fetched.
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Starts the thread. 0 or -errno.
  int start();
  // Ends the wait; returns when the system call has returned. Safe to repeat.
  void cancel();
  // What it came to; waits for what is left to do after `woken()`.
  Answer fetch();

 private:
  static void* run(void* self);
  int wait();
  int block(bool record);
  int tryRecord();
  int claim(int result);

  std::optional<Claim> claim_;
  const std::function<void()> woken_;
  Answer answer_;
  bool writable_ = false;
  pthread_t thread_ = {};
  bool started_ = false;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> returned_{false};
  std::mutex mutex_;
  std::condition_variable settled_;
  bool isSettled_ = false;
};

}  // namespace lockbridge
