#include "watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <csignal>
#include <utility>

#include "parse.h"

namespace lockbridge {

namespace {

constexpr uint32_t kNames =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr uint32_t kUse = IN_OPEN | IN_CLOSE;

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
  if (entry.hushed) widen(&entry);
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
  retire(wd, entry);
  directories_.erase(found);
}

// A removed watch is one more event, and each that finds the thread asleep costs the caller some
// 100 us. So the last one is made to say nothing and removed by the next add(), which often wants
// it again.
void Watcher::retire(int wd, const Directory& entry) {
  if (retired_ < 0 && (entry.hushed || silence(wd, entry.path)))
    retired_ = wd;
  else
    inotify_rm_watch(inotify_.get(), wd);
}

// False: the path names another directory by now, and perhaps one that is watched under another
// name.
bool Watcher::silence(int wd, const std::string& dir) {
  const int same = retry("inotify_add_watch", [&] {
    return inotify_add_watch(inotify_.get(), dir.c_str(), IN_DELETE_SELF | IN_ONLYDIR);
  });
  if (same == wd) return true;
  const auto other = directories_.find(same);
  if (other != directories_.end())
    inotify_add_watch(inotify_.get(), dir.c_str(), maskFor(other->second.uses()));
  else if (same >= 0)
    inotify_rm_watch(inotify_.get(), same);
  return false;
}

void Watcher::hush(int wd) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = directories_.find(wd);
  if (found == directories_.end() || found->second.users > 1) return;
  found->second.hushed = silence(wd, found->second.path);
}

void Watcher::restore(int wd) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = directories_.find(wd);
  if (found == directories_.end() || !found->second.hushed) return;
  widen(&found->second);
}

void Watcher::widen(Directory* entry) {
  entry->hushed = false;
  entry->lineages.clear();
  inotify_add_watch(inotify_.get(), entry->path.c_str(), maskFor(entry->uses()) | IN_MASK_ADD);
}

int Watcher::expect(int wd, const std::string& name, std::function<void()> gone) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = directories_.find(wd);
  if (found == directories_.end()) return -EBADF;
  const int id = nextExpectation_++;
  found->second.expected.emplace(name, Expectation{id, std::move(gone)});
  return id;
}

bool Watcher::withdraw(int wd, int id) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = directories_.find(wd);
  if (found == directories_.end()) return true;
  auto& expected = found->second.expected;
  for (auto it = expected.begin(); it != expected.end(); ++it)
    if (it->second.id == id) {
      expected.erase(it);
      return true;
    }
  return false;
}

void Watcher::expectedIsGone(Directory* entry, const std::string& name) {
  const auto first = entry->expected.lower_bound(name);
  if (first == entry->expected.end() || first->first != name) return;
  gone_.push_back(std::move(first->second.gone));
  entry->expected.erase(first);
}

Lineage* Watcher::find(int wd, const std::string& name) {
  const auto entry = directories_.find(wd);
  if (entry == directories_.end()) return nullptr;
  auto& files = entry->second.lineages.files();
  const auto file = files.find(name);
  return file == files.end() ? nullptr : &file->second;
}

bool Watcher::lineage(int wd, const std::string& name, Lineage* out) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (directories_.count(wd) == 0) return false;
  catchUp();  // an event that waits to be read may have ended the lineage
  const auto settled = [&] {
    const Lineage* file = find(wd, name);
    return file == nullptr || !file->asking();
  };
  if (!settled()) wake();
  while (!settled()) pthread_cond_wait(&asked_, mutex_.native_handle());
  const Lineage* file = find(wd, name);
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
  if (event.mask & (IN_DELETE | IN_MOVED_FROM)) expectedIsGone(&found->second, name);
  // That the directory itself was opened or closed is no news of what is in it.
  if ((event.mask & kUse) && name.empty()) return;
  // Nearly nobody waits for an open, and there are many.
  if ((event.mask & IN_OPEN) && found->second.openUsers == 0) return;
  pending_.push_back({lost ? -1 : event.wd, event.mask, std::move(name)});
}

// What has happened until now, and no more: whoever writes without a pause must not keep us here.
void Watcher::drain() {
  char buffer[16384];
  int waiting = 0;
  if (ioctl(inotify_.get(), FIONREAD, &waiting) != 0) return;
  while (waiting > 0) {
    const ssize_t got = retry("read", [&] { return read(inotify_.get(), buffer, sizeof buffer); });
    if (got <= 0) return;
    waiting -= static_cast<int>(got);
    const uint64_t now = monotonic();
    batch_++;
    eachEvent(buffer, static_cast<size_t>(got), [&](const inotify_event& head, std::string&& name) {
      accept(head, std::move(name), now);
    });
  }
}

// drain() out of turn: the loop, which may be about to sleep, has to pass on what was read.
void Watcher::catchUp() {
  drain();
  if (!pending_.empty() || !gone_.empty()) wake();
}

uint64_t Watcher::nextPoll() {
  const std::lock_guard<std::mutex> guard(mutex_);
  uint64_t next = 0;
  for (const auto& [wd, entry] : directories_) {
    const uint64_t due = entry.lineages.nextPoll();
    if (due != 0 && (next == 0 || due < next)) next = due;
  }
  return next;
}

// False at the end.
bool Watcher::once() {
  std::vector<WatchEvent> events;
  std::vector<std::function<void()>> gone;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (stopping_) return false;
    drain();
    events.swap(pending_);
    gone.swap(gone_);
  }
  for (const auto& act : gone) act();
  if (!events.empty()) deliver_(std::move(events));
  return true;
}

void Watcher::turn() {
  const std::unique_lock<std::mutex> alone(turn_, std::try_to_lock);
  if (!alone.owns_lock()) return;
  once();
  wake();  // what was read may mean that its thread has to look at something sooner
}

void Watcher::loop() {
  warmAllocator();
  struct pollfd fds[2] = {{inotify_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  for (;;) {
    {
      const std::lock_guard<std::mutex> alone(turn_);
      if (!once()) return;
    }
    pollDue();
    askDue();
    const uint64_t next = nextPoll();
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
