// The directories of lock files under watch, and what wakes this program.
//
// inotify is read by a thread of its own (native/watcher.h), so that the origin of a file is known
// even while the main thread is blocked in flock(2); whoever waits is woken from there. Closing an
// inotify descriptor takes about 15 ms, which the end of the process pays too: it is opened only
// where there is something to wait for.
#pragma once

#include <pthread.h>

#include <atomic>
#include <memory>
#include <string>

#include "../watcher.h"
#include "inspect.h"

namespace lockbridge {

class Events : public Origins {
 public:
  Events();
  // Watches the directory of a lock file, for the changes of this name from now on: one at a time.
  Failure watch(const std::string& path, bool lineage);
  void unwatch();

  bool pending(const std::string& path) override;
  bool byKernelLocker(const std::string& path, const std::string& id) override;

  // Readable when something has changed.
  int descriptor() const { return wake_.get(); }
  bool changed() const { return changed_.load(); }
  // Forgets what has changed.
  void settle();
  // Whether a close is a change: only while the file's maker has it open, for our own looks close
  // it too.
  void countCloses(bool yes) { closes_.store(yes); }

  // Runs a system call that may block, on this thread; a change makes it fail with EINTR.
  // -ECANCELED if something had changed before.
  template <typename Call>
  int interruptible(Call&& call) {
    blocked_.store(true);
    const int result = changed() ? -ECANCELED : call() == 0 ? 0 : -errno;
    blocked_.store(false);
    return result;
  }

 private:
  void deliver(const WatchEvent& event);
  bool origin(const std::string& path, Lineage* out);

  const pthread_t waiter_ = pthread_self();
  Fd wake_;
  std::atomic<bool> changed_{false};
  std::atomic<bool> closes_{false};
  std::atomic<bool> blocked_{false};
  std::atomic<int> wd_{-1};
  std::string dir_, name_;
  Interest interest_;
  std::unique_ptr<Watcher> watcher_;
};

// The signal that ends a blocking call; its handler does nothing. Installed when first asked for.
int wakeSignal();

}  // namespace lockbridge
