#include "waiting.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>

#include <algorithm>
#include <ctime>

#include "actions.h"
#include "report.h"

namespace lockbridge {

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

struct timespec timespecOf(uint64_t nanoseconds) {
  return {static_cast<time_t>(nanoseconds / kSecond), static_cast<long>(nanoseconds % kSecond)};
}

void sleepUntilChanged(Wait* wait) {
  if (!wait->events->changed()) {
    uint64_t pause = kSecond;  // the slow poll
    const uint64_t end = wait->deadline->at(), now = monotonic();
    if (end != 0) pause = std::min(pause, end > now ? end - now : 0);
    const struct timespec timeout = timespecOf(pause);
    struct pollfd event = {wait->events->descriptor(), POLLIN, 0};
    ppoll(&event, 1, &timeout, wait->mask);
  }
  wait->events->settle();
}

// Interrupts what blocks when the time is up, and again each millisecond: a signal between the look
// at the clock and the system call would be lost.
class Alarm {
 public:
  explicit Alarm(uint64_t at) {
    if (at == 0) return;
    struct sigevent event = {};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = wakeSignal();
    made_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    const struct itimerspec when = {{0, 1'000'000}, timespecOf(at)};
    if (made_) timer_settime(timer_, TIMER_ABSTIME, &when, nullptr);
  }
  ~Alarm() {
    if (made_) timer_delete(timer_);
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  timer_t timer_ = {};
  bool made_ = false;
};

// 0: the lock is ours; -errno, also when something has changed or the time is up.
int block(int fd, Wait* wait) {
  const Alarm alarm(wait->deadline->at());
  sigset_t waiting = *wait->mask, before;
  sigdelset(&waiting, wakeSignal());
  pthread_sigmask(SIG_SETMASK, &waiting, &before);
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  int result;
  do {
    result = wait->events->interruptible(
        [&] { return wait->forRecordLock ? fcntl(fd, F_OFD_SETLKW, &whole) : flock(fd, LOCK_EX); });
  } while (result == -EINTR && !wait->events->changed() && !wait->deadline->passed());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

Tried waitForKernelLock(Held&& candidate, Wait* wait, const Taking* taking) {
  Held held = std::move(candidate);
  const int result = block(held.fd.get(), wait);
  wait->events->settle();
  if (result != 0 || wait->deadline->passed()) return {};
  bool refused = false;
  Tried tried;
  if (taking == nullptr)
    refused = adoptLock(&held) == -EWOULDBLOCK;
  else
    tried = adopt(std::move(held), *taking, &refused);
  // The other family's lock is in the way: wait for that one next.
  if (refused) wait->forRecordLock = !wait->forRecordLock;
  return tried;
}

}  // namespace

Deadline::Deadline(std::optional<double> seconds) {
  // A longer wait is as good as for ever.
  if (seconds && *seconds < 1e9) at_ = monotonic() + static_cast<uint64_t>(*seconds * kSecond);
}

Tried waitForChange(const Inspection& blocker, Wait* wait, const Taking* taking) {
  const bool madeNow = wait->events->pending(blocker.path);
  wait->events->countCloses(madeNow);
  if (blocker.by == By::kKernel && !madeNow) {
    Held candidate;
    const int opened = adoptOpen(blocker.path, &candidate);
    if (opened == 0) return waitForKernelLock(std::move(candidate), wait, taking);
    if (opened == -ESTALE) return {};  // another file already
    // Not permitted to open it for writing: events and the slow poll must do.
  }
  sleepUntilChanged(wait);
  return {};
}

void Announcer::announce(const Inspection& blocker) {
  std::string key =
      std::string(nameOf(blocker.verdict)) + ' ' + nameOf(blocker.by) + ' ' + blocker.id;
  for (const Holder& holder : blocker.holders) key += ' ' + std::to_string(holder.process.pid);
  if (key == last_) return;
  last_ = key;
  warn("waiting: " + describe(blocker));
  if (blocker.by == By::kUndecidable) warn(wayOut(blocker));
}

Failure timedOut(const std::vector<Inspection>& blockers, const Policy& policy) {
  std::vector<Inspection> now = blockers;
  for (Inspection& blocker : now) {
    Inspection seen;
    // Out of descriptors, say: that is not what was asked for.
    if (inspect(blocker.path, policy, &seen)) continue;
    if (seen.verdict == Verdict::kHeld && seen.id == blocker.id) blocker = seen;
  }
  return contention("ERR_LOCK_TIMEOUT", now);
}

}  // namespace lockbridge
