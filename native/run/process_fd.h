// A process by descriptor, so that whatever is asked of it or sent to it means that very process
// and nobody who gets its number later (pidfd_open(2); Linux 5.3).
#pragma once

#include <csignal>

#include "../sys.h"

namespace lockbridge {

// Becomes readable when the process has ended. A descriptor or -errno: -ESRCH, -ENOSYS.
int openProcess(int pid);
// 0 or -errno.
int signalProcess(int fd, int number);

}  // namespace lockbridge
