#include "events.h"

#include <sys/eventfd.h>

#include <csignal>
#include <ctime>

#include "text.h"

namespace lockbridge {

namespace {

constexpr uint32_t kNameEvents = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED |
                                 IN_Q_OVERFLOW;

void ignore(int) {}

// inotify(7) reuses error numbers that mean something else everywhere else, and what is missing
// here is the directory itself.
Failure unwatchable(int error, const std::string& dir) {
  const std::string start = "cannot watch '" + dir + "': ";
  const char* limit = error == -ENOSPC   ? "fs.inotify.max_user_watches"
                      : error == -EMFILE ? "fs.inotify.max_user_instances"
                                         : nullptr;
  if (limit != nullptr)
    return {kOsError, "ERR_LOCK_SYSTEM",
            start + "this user's inotify limit is used up; raise sysctl " + limit};
  if (error == -ENOENT || error == -ENOTDIR)
    return {kNoInput, "ERR_LOCK_PATH", start + "there is no such directory; create it first"};
  return fromErrno(error, "inotify_add_watch", dir);
}

}  // namespace

int wakeSignal() {
  static const int signal = [] {
    struct sigaction action = {};
    action.sa_handler = ignore;  // without SA_RESTART: the call returns EINTR (signal(7))
    sigemptyset(&action.sa_mask);
    const int chosen = SIGRTMAX - 2;
    sigaction(chosen, &action, nullptr);
    return chosen;
  }();
  return signal;
}

Events::Events() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Failure Events::watch(const std::string& path, bool lineage) {
  const SplitPath where = split(path);
  wakeSignal();
  unwatch();
  if (!watcher_)
    watcher_ = std::make_unique<Watcher>([this](std::vector<WatchEvent>&& events) {
      for (const WatchEvent& event : events) deliver(event);
    });
  dir_ = where.dir;
  name_ = where.name;
  interest_.lineage = lineage;
  changed_.store(false);
  const int wd = watcher_->add(dir_, interest_);
  if (wd < 0) return unwatchable(wd, dir_);
  wd_.store(wd);
  return {};
}

void Events::unwatch() {
  const int wd = wd_.exchange(-1);
  if (wd >= 0) watcher_->remove(wd, interest_);
}

void Events::settle() {
  changed_.store(false);
  uint64_t count;
  retry("read", [&] { return read(wake_.get(), &count, sizeof count); });
}

// On the watcher's thread.
void Events::deliver(const WatchEvent& event) {
  const int wd = wd_.load();
  if (wd < 0 || (event.wd != -1 && event.wd != wd)) return;
  if (!event.name.empty() && event.name != name_) return;
  const bool modified = !interest_.lineage && (event.mask & IN_MODIFY);
  const bool closed = closes_.load() && (event.mask & IN_CLOSE);
  if (!(event.mask & kNameEvents) && !modified && !closed) return;
  changed_.store(true);
  const uint64_t one = 1;
  retry("write", [&] { return write(wake_.get(), &one, sizeof one); });
  // A signal that arrives between the look at `changed_` and the system call is lost: repeat until
  // the call has ended.
  while (blocked_.load()) {
    pthread_kill(waiter_, wakeSignal());
    const struct timespec pause = {0, 100'000};
    nanosleep(&pause, nullptr);
  }
}

bool Events::origin(const std::string& path, Lineage* out) {
  const SplitPath where = split(path);
  const int wd = wd_.load();
  return wd >= 0 && interest_.lineage && where.dir == dir_ &&
         watcher_->lineage(wd, where.name, out);
}

bool Events::pending(const std::string& path) {
  Lineage file;
  return origin(path, &file) && file.origin != Origin::kKernel && file.origin != Origin::kUnknown;
}

bool Events::byKernelLocker(const std::string& path, const std::string& id) {
  Lineage file;
  return origin(path, &file) && file.origin == Origin::kKernel && file.id.text() == id;
}

}  // namespace lockbridge
