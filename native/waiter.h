// Blocking waits for a kernel lock, each on a thread of its own: libuv's pool has four threads, and
// four waiters there would stop every file operation of the process.
#pragma once

#include <pthread.h>

#include <atomic>
#include <functional>

namespace lockbridge {

enum class WaitFor { kFlock, kRecord };

// One blocked wait. `done(result)` is called once, on the waiting thread: 0 when the lock is held,
// -ECANCELED after cancel(), else -errno. The descriptor must stay open until then.
class Waiter {
 public:
  Waiter(int fd, WaitFor what, std::function<void(int)> done);
  // Cancels and joins.
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Starts the thread. 0 or -errno.
  int start();
  // Ends the wait; returns when the system call has returned. Safe to repeat.
  void cancel();

 private:
  static void* run(void* self);
  int wait();

  const int fd_;
  const WaitFor what_;
  const std::function<void(int)> done_;
  pthread_t thread_ = {};
  bool started_ = false;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> finished_{false};
};

}  // namespace lockbridge
