// The smallest vocabulary the other native files share: an EINTR loop, an owned descriptor, and
// the -errno convention. Every function in native/ returns a value or -errno and never throws.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace lockbridge {

// The call that failed last in this thread: of several, an errno alone does not say which it was.
inline thread_local const char* failedCall = "";

// Repeats a system call that a signal interrupted (signal(7)); turns failure into -errno.
template <typename Call>
auto retry(const char* name, Call&& call) -> decltype(call()) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  if (result != -1) return result;
  failedCall = name;
  return static_cast<decltype(call())>(-errno);
}

// What is done after a failure, to clean up, is not what failed.
struct KeepFailedCall {
  const char* name = failedCall;
  ~KeepFailedCall() { failedCall = name; }
};

// A thread's first allocation makes an arena (malloc(3), NOTES): two mappings and their page
// faults, as long as waking it takes. For a thread that is to be quick once it is woken.
inline void warmAllocator() {
  void* volatile first = malloc(1);  // volatile, or the pair is left out by the compiler
  free(first);
}

// A descriptor that closes itself. close(2) is never repeated: on Linux the descriptor is gone
// even when it reports EINTR.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  // The descriptor, or the -errno that opening it gave.
  bool ok() const { return fd_ >= 0; }
  int error() const { return fd_ < 0 ? fd_ : 0; }
  int take() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

}  // namespace lockbridge
