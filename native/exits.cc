#include "exits.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434  // the same on every architecture
#endif

namespace lockbridge {

namespace {

constexpr int kWake = 0;  // the id that no process has

// Field 22 of /proc/PID/stat, 0 if there is no such process. The command in parentheses may contain
// anything, so fields are counted from the last ")".
uint64_t startTime(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  Fd file(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!file.ok()) return 0;
  char text[1024];
  const ssize_t got = retry([&] { return read(file.get(), text, sizeof text - 1); });
  if (got <= 0) return 0;
  text[got] = '\0';
  const char* at = strrchr(text, ')');
  for (int field = 2; at != nullptr && field < 22; field++) at = strchr(at + 1, ' ');
  return at == nullptr ? 0 : strtoull(at, nullptr, 10);
}

}  // namespace

ExitWatcher::ExitWatcher(std::function<void(int)> ended) : ended_(std::move(ended)) {}

ExitWatcher::~ExitWatcher() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  retry([&] { return write(wake_.get(), &one, sizeof one); });
  thread_.join();
}

int ExitWatcher::open() {
  if (epoll_.ok()) return 0;
  Fd epoll(retry([] { return epoll_create1(EPOLL_CLOEXEC); }));
  if (!epoll.ok()) return epoll.error();
  Fd wake(retry([] { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }));
  if (!wake.ok()) return wake.error();
  struct epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = kWake;
  const int added =
      retry([&] { return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event); });
  if (added < 0) return added;
  epoll_ = std::move(epoll);
  wake_ = std::move(wake);
  thread_ = quietThread([this] { loop(); });
  return 0;
}

int ExitWatcher::add(pid_t pid, uint64_t start, int id) {
  // Always close-on-exec (pidfd_open(2)).
  Fd process(retry([&] { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }));
  if (!process.ok()) return process.error();
  if (startTime(pid) != start) return -ESRCH;
  const std::lock_guard<std::mutex> guard(mutex_);
  const int ready = open();
  if (ready < 0) return ready;
  struct epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = id;
  const int added =
      retry([&] { return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, process.get(), &event); });
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
    if (retry([&] { return epoll_wait(epoll_.get(), &event, 1, -1); }) != 1) return;
    if (event.data.fd == kWake) return;
    remove(event.data.fd);
    ended_(event.data.fd);
  }
}

}  // namespace lockbridge
