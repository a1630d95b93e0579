#include "parent.h"

#include <fcntl.h>
#include <sys/file.h>

#include <ctime>

namespace lockbridge {

Fd openParent(const std::string& dir) {
  Fd fd(retry("open", [&] { return open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (fd.ok()) return fd;
  return Fd(retry("open", [&] { return open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
}

void keepForcersOut(int dirfd) {
  for (int attempt = 0; attempt < 10; attempt++) {
    if (retry("flock", [&] { return flock(dirfd, LOCK_SH | LOCK_NB); }) != -EWOULDBLOCK) return;
    const struct timespec moment = {0, 500000};
    nanosleep(&moment, nullptr);
  }
}

}  // namespace lockbridge
