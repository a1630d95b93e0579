#include "watcher.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <csignal>
#include <utility>

#include "parse.h"
#include "procfs.h"

namespace lockbridge {

namespace {

constexpr uint32_t kNames =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr uint32_t kUse = IN_OPEN | IN_CLOSE;
constexpr uint64_t kSlowestPoll = 5'000'000'000;

uint32_t maskFor(bool uses) { return kNames | (uses ? kUse : 0) | IN_ONLYDIR; }

}  // namespace

Watcher::Watcher(std::function<void(std::vector<WatchEvent>&&)> deliver)
    : deliver_(std::move(deliver)) {}

Watcher::~Watcher() {
  if (!thread_.started()) return;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
}

void Watcher::wake() {
  const uint64_t one = 1;
  retry("write", [&] { return write(wake_.get(), &one, sizeof one); });
}

int Watcher::open() {
  if (inotify_.ok()) return 0;
  Fd inotify(retry("inotify_init1", [] { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }));
  if (!inotify.ok()) return inotify.error();
  Fd wake(retry("eventfd", [] { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }));
  if (!wake.ok()) return wake.error();
  inotify_ = std::move(inotify);
  wake_ = std::move(wake);
  const int started = thread_.start([this] { loop(); });
  if (started < 0) inotify_.reset();
  return started;
}

int Watcher::add(const std::string& dir, const Interest& interest) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const int ready = open();
  if (ready < 0) return ready;
  // IN_MASK_ADD widens an existing watch instead of replacing its mask.
  const uint32_t mask = maskFor(interest.lineage || interest.opens) | IN_MASK_ADD |
                        (interest.follow ? 0 : IN_DONT_FOLLOW);
  const int wd = retry("inotify_add_watch",
                       [&] { return inotify_add_watch(inotify_.get(), dir.c_str(), mask); });
  if (retired_ >= 0 && retired_ != wd) inotify_rm_watch(inotify_.get(), retired_);
  retired_ = -1;
  if (wd < 0) return wd;
  Directory& entry = directories_[wd];
  if (entry.users == 0) entry.path = dir;
  entry.users++;
  if (interest.lineage) entry.lineageUsers++;
  if (interest.opens) entry.openUsers++;
  return wd;
}

void Watcher::remove(int wd, const Interest& interest) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = directories_.find(wd);
  if (found == directories_.end()) return;
  Directory& entry = found->second;
  if (interest.opens) entry.openUsers--;
  if (interest.lineage && --entry.lineageUsers == 0) entry.lineages.clear();
  if (--entry.users > 0) {
    if ((interest.lineage || interest.opens) && !entry.uses())
      inotify_add_watch(inotify_.get(), entry.path.c_str(), maskFor(false));
    return;
  }
  retire(wd, entry.path);
  directories_.erase(found);
}

// A removed watch is one more event, and each that finds the thread asleep costs the caller some
// 100 us: longer than it takes to make a file ours, which is when a waiter stops watching. So the
// last one is made to say nothing and removed by the next add(), which often wants it again.
void Watcher::retire(int wd, const std::string& dir) {
  if (retired_ < 0) {
    const int same = retry("inotify_add_watch", [&] {
      return inotify_add_watch(inotify_.get(), dir.c_str(), IN_DELETE_SELF | IN_ONLYDIR);
    });
    if (same == wd) {
      retired_ = wd;
      return;
    }
    // Another directory by now, and perhaps one that is watched under another name.
    const auto other = directories_.find(same);
    if (other != directories_.end())
      inotify_add_watch(inotify_.get(), dir.c_str(), maskFor(other->second.uses()));
    else if (same >= 0)
      inotify_rm_watch(inotify_.get(), same);
  }
  inotify_rm_watch(inotify_.get(), wd);
}

bool Watcher::lineage(int wd, const std::string& name, Lineage* out) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = directories_.find(wd);
  if (found == directories_.end()) return false;
  drain();  // an event that waits to be read may have ended the lineage
  if (!pending_.empty()) wake();
  const Lineage* file = found->second.lineages.find(name);
  if (file != nullptr) *out = *file;
  return file != nullptr;
}

void Watcher::accept(const inotify_event& event, std::string&& name, uint64_t now) {
  const bool lost = event.mask & IN_Q_OVERFLOW;
  if (lost)
    for (auto& [wd, entry] : directories_) entry.lineages.clear();
  const auto found = directories_.find(event.wd);
  if (!lost && found == directories_.end()) return;  // removed meanwhile
  if (!lost) {
    Directory& entry = found->second;
    if (event.mask & (IN_UNMOUNT | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF))
      entry.lineages.clear();
    else if (entry.lineageUsers > 0)
      entry.lineages.event(entry.path, name, event.mask, now, batch_);
  }
  // Nearly nobody waits for an open, and there are many.
  if ((event.mask & IN_OPEN) && found->second.openUsers == 0) return;
  pending_.push_back({lost ? -1 : event.wd, event.mask, std::move(name)});
}

void Watcher::drain() {
  char buffer[16384];
  for (;;) {
    const ssize_t got = retry("read", [&] { return read(inotify_.get(), buffer, sizeof buffer); });
    if (got <= 0) return;
    const uint64_t now = monotonic();
    batch_++;
    eachEvent(buffer, static_cast<size_t>(got), [&](const inotify_event& head, std::string&& name) {
      accept(head, std::move(name), now);
    });
  }
}

// A kernel lock is on the file: was its maker's open the only one until now? Events that were under
// way when the lock was seen end the lineage.
void Watcher::pollLocks(Lineages* lineages, const std::string& name) {
  auto& files = lineages->files();
  int locker = 0;
  for (const LockLine& line : kernelLocks(files.at(name).id))
    if (!line.waiting) locker = line.pid;
  drain();
  const auto found = files.find(name);
  if (found == files.end() || found->second.origin != Origin::kOpen) return;
  Lineage& file = found->second;
  if (locker != 0) {
    file.origin = Origin::kLocked;
    file.locker = locker;
    file.nextPoll = 0;
    // An opener without a lock may be the creator, its open merged with the locker's into one
    // event.
    if (openerWithoutLock(file.id)) file.origin = Origin::kUnknown;
    return;
  }
  // The kernel reports no event when a lock is taken: look again, ever more rarely.
  file.interval = file.interval * 2 < kSlowestPoll ? file.interval * 2 : kSlowestPoll;
  file.nextPoll = monotonic() + file.interval;
}

void Watcher::pollDue() {
  const uint64_t now = monotonic();
  for (auto& [wd, entry] : directories_) {
    std::vector<std::string> due;
    for (const auto& [name, file] : entry.lineages.files())
      if (file.nextPoll != 0 && file.nextPoll <= now) due.push_back(name);
    for (const std::string& name : due)
      if (entry.lineages.find(name) != nullptr) pollLocks(&entry.lineages, name);
  }
}

void Watcher::loop() {
  struct pollfd fds[2] = {{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  for (;;) {
    uint64_t next = 0;
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      if (stopping_) return;
      drain();
      pollDue();
      for (const auto& [wd, entry] : directories_) {
        const uint64_t due = entry.lineages.nextPoll();
        if (due != 0 && (next == 0 || due < next)) next = due;
      }
      if (!pending_.empty()) deliver_(std::move(pending_));
      pending_.clear();
    }
    const uint64_t now = monotonic();
    const uint64_t pause = next > now ? next - now : 0;
    const struct timespec timeout = {static_cast<time_t>(pause / 1'000'000'000),
                                     static_cast<long>(pause % 1'000'000'000)};
    ppoll(fds, 2, next == 0 ? nullptr : &timeout, nullptr);
    uint64_t woken;
    retry("read", [&] { return read(wake_.get(), &woken, sizeof woken); });
  }
}

}  // namespace lockbridge
