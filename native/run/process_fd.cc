#include "process_fd.h"

#include <sys/syscall.h>

namespace lockbridge {

int openProcess(int pid) {
  return static_cast<int>(retry("pidfd_open", [&] { return syscall(SYS_pidfd_open, pid, 0); }));
}

int signalProcess(int fd, int number) {
  return static_cast<int>(retry(
      "pidfd_send_signal", [&] { return syscall(SYS_pidfd_send_signal, fd, number, nullptr, 0); }));
}

}  // namespace lockbridge
