#include "path.h"

#include <fcntl.h>

#include <cstdio>
#include <ctime>

#include "sys.h"

namespace lockbridge {

const char* nameOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
}

std::string dirOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

SplitPath split(const std::string& path) {
  const size_t slash = path.rfind('/');
  return {dirOf(path), slash == std::string::npos ? path : path.substr(slash + 1)};
}

std::string Identity::text() const {
  char buffer[96];
  snprintf(buffer, sizeof buffer, "%x:%x:%llu@%lld.%09u", major, minor,
           static_cast<unsigned long long>(ino), static_cast<long long>(birthSec), birthNsec);
  return buffer;
}

bool Identity::parse(const std::string& text, Identity* out) {
  unsigned long long ino = 0;
  long long seconds = 0;
  int end = 0;
  if (sscanf(text.c_str(), "%x:%x:%llu@%lld.%9u%n", &out->major, &out->minor, &ino, &seconds,
             &out->birthNsec, &end) != 5)
    return false;
  out->ino = ino;
  out->birthSec = seconds;
  // sscanf takes "-1" for an unsigned number too.
  return out->birthNsec < 1'000'000'000 && static_cast<size_t>(end) == text.size();
}

Identity identityOf(const struct statx& st) {
  Identity id{st.stx_dev_major, st.stx_dev_minor, st.stx_ino, 0, 0};
  if (st.stx_mask & STATX_BTIME) {
    id.birthSec = st.stx_btime.tv_sec;
    id.birthNsec = st.stx_btime.tv_nsec;
  }
  return id;
}

int statFd(int fd, struct statx* out) {
  return retry("statx",
               [&] { return statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, out); });
}

int statName(int dirfd, const char* name, struct statx* out) {
  return retry("statx", [&] {
    return statx(dirfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, out);
  });
}

int openUntrusted(const char* path, int access) {
  for (int attempt = 0;; attempt++) {
    const int fd = retry("open", [&] {
      return open(path, access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    });
    if (fd != -EWOULDBLOCK || attempt == 50) return fd;
    const struct timespec moment = {0, 50'000};
    nanosleep(&moment, nullptr);
  }
}

bool isAnotherNow(int error) {
  return error == -ENOENT || error == -ELOOP || error == -EISDIR || error == -ENXIO;
}

}  // namespace lockbridge
