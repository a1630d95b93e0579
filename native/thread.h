// A thread that takes no signal: the application's go to its own threads.
//
// Not std::thread, which throws where the system has no thread left, and brings half of a C++
// library into a binary that must not depend on one.
#pragma once

#include <pthread.h>

#include <csignal>
#include <functional>
#include <utility>

#include "sys.h"

namespace lockbridge {

// Whoever started it joins it before it is destroyed. It cannot be moved while it runs.
class QuietThread {
 public:
  QuietThread() = default;
  QuietThread(const QuietThread&) = delete;
  QuietThread& operator=(const QuietThread&) = delete;

  // 0 or -errno, -EAGAIN for one thread too many (pthread_create(3)).
  int start(std::function<void()> run) {
    run_ = std::move(run);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&thread_, nullptr, enter, this);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    started_ = failed == 0;
    if (!started_) failedCall = "pthread_create";
    return -failed;
  }
  bool started() const { return started_; }
  void join() { pthread_join(thread_, nullptr); }

 private:
  static void* enter(void* self) {
    static_cast<QuietThread*>(self)->run_();
    return nullptr;
  }

  std::function<void()> run_;
  pthread_t thread_ = {};
  bool started_ = false;
};

}  // namespace lockbridge
