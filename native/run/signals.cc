#include "signals.h"

#include <sys/signalfd.h>

namespace lockbridge {

Signals::Signals(std::initializer_list<int> numbers) {
  sigemptyset(&ours_);
  for (const int number : numbers) sigaddset(&ours_, number);
  pthread_sigmask(SIG_BLOCK, &ours_, &before_);
}

int Signals::open() {
  fd_ = Fd(retry("signalfd", [&] { return signalfd(-1, &ours_, SFD_CLOEXEC | SFD_NONBLOCK); }));
  return fd_.error();
}

std::vector<int> Signals::take() {
  std::vector<int> came;
  struct signalfd_siginfo one;
  while (retry("read", [&] { return read(fd_.get(), &one, sizeof one); }) == sizeof one)
    came.push_back(static_cast<int>(one.ssi_signo));
  return came;
}

}  // namespace lockbridge
