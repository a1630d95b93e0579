// Tells when processes end that need not be our children, by event: pidfd_open(2) gives a
// descriptor that becomes readable when the whole process (all its threads) has ended, zombie or
// not.
//
// A pid is only a number: the pidfd is opened first and the start time compared after, so what is
// watched is the process that was meant, whatever gets its number later.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "sys.h"
#include "thread.h"

namespace lockbridge {

class ExitWatcher {
 public:
  // `ended(id)` is called on the watcher's thread, once for each process.
  explicit ExitWatcher(std::function<void(int)> ended);
  ~ExitWatcher();
  ExitWatcher(const ExitWatcher&) = delete;
  ExitWatcher& operator=(const ExitWatcher&) = delete;

  // `start`: field 22 of /proc/PID/stat. 0; -ESRCH if that process is gone; -ENOSYS before Linux
  // 5.3; another -errno. `id` is the caller's, above 0. `reaped`: tells when its number is free
  // again too, which pidfds do since Linux 6.9 (POLLHUP).
  int add(pid_t pid, uint64_t start, int id, bool reaped = false);
  void remove(int id);

 private:
  int open();
  void loop();

  const std::function<void(int)> ended_;
  std::mutex mutex_;
  Fd epoll_;
  Fd wake_;
  std::unordered_map<int, Fd> watched_;
  QuietThread thread_;
};

}  // namespace lockbridge
