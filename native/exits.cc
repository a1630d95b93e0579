#include "exits.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <csignal>
#include <string>

#include "parse.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434  // the same on every architecture
#endif

namespace lockbridge {

namespace {

constexpr int kWake = 0;  // the id that no process has

// 0 if there is no such process.
uint64_t startTime(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  Fd file(retry("open", [&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!file.ok()) return 0;
  char text[1024];
  const ssize_t got = retry("read", [&] { return read(file.get(), text, sizeof text); });
  return got <= 0 ? 0 : parseStat(std::string(text, static_cast<size_t>(got))).start;
}

}  // namespace

ExitWatcher::ExitWatcher(std::function<void(int)> ended) : ended_(std::move(ended)) {}

ExitWatcher::~ExitWatcher() {
  if (!thread_.started()) return;
  const uint64_t one = 1;
  retry("write", [&] { return write(wake_.get(), &one, sizeof one); });
  thread_.join();
}

int ExitWatcher::open() {
  if (epoll_.ok()) return 0;
  Fd epoll(retry("epoll_create1", [] { return epoll_create1(EPOLL_CLOEXEC); }));
  if (!epoll.ok()) return epoll.error();
  Fd wake(retry("eventfd", [] { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }));
  if (!wake.ok()) return wake.error();
  struct epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = kWake;
  const int added =
      retry("epoll_ctl", [&] { return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event); });
  if (added < 0) return added;
  epoll_ = std::move(epoll);
  wake_ = std::move(wake);
  const int started = thread_.start([this] { loop(); });
  if (started < 0) epoll_.reset();
  return started;
}

int ExitWatcher::add(pid_t pid, uint64_t start, int id, bool reaped) {
  // Always close-on-exec (pidfd_open(2)).
  Fd process(
      retry("pidfd_open", [&] { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }));
  if (!process.ok()) return process.error();
  if (startTime(pid) != start) return -ESRCH;
  const std::lock_guard<std::mutex> guard(mutex_);
  const int ready = open();
  if (ready < 0) return ready;
  struct epoll_event event = {};
  event.events = reaped ? 0U : uint32_t{EPOLLIN};  // EPOLLHUP is always told
  event.data.fd = id;
  const int added = retry(
      "epoll_ctl", [&] { return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, process.get(), &event); });
  if (added < 0) return added;
  watched_.insert_or_assign(id, std::move(process));
  return 0;
}

// Closing alone would not do: a child between fork and exec has the descriptor too, and the entry
// lives as long as the open file description (epoll(7)).
void ExitWatcher::remove(int id) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = watched_.find(id);
  if (found == watched_.end()) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second.get(), nullptr);
  watched_.erase(found);
}

void ExitWatcher::loop() {
  for (;;) {
    struct epoll_event event;
    if (retry("epoll_wait", [&] { return epoll_wait(epoll_.get(), &event, 1, -1); }) != 1) return;
    if (event.data.fd == kWake) return;
    remove(event.data.fd);
    ended_(event.data.fd);
  }
}

}  // namespace lockbridge
