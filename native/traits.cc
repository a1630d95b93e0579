#include "traits.h"

#include <fcntl.h>
#include <sys/xattr.h>

#include <csignal>
#include <cstdio>

#include "exchange.h"
#include "lockfile.h"
#include "path.h"
#include "sys.h"

namespace lockbridge {

int openNameless(const std::string& dir, mode_t mode) {
  return retry("open", [&] { return open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode); });
}

int nameFile(int fd, const std::string& path) { return linkName(fd, path.c_str()); }

int exchange(const std::string& one, const std::string& other) {
  return retry("renameat2",
               [&] { return exchangeNames(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str()); });
}

int lease(int fd) {
  // The default SIGIO of a lease that is broken meanwhile would kill us (fcntl(2), F_SETSIG).
  fcntl(fd, F_SETSIG, SIGURG);
  const int done = retry("fcntl", [&] { return fcntl(fd, F_SETLEASE, F_WRLCK); });
  if (done == 0) fcntl(fd, F_SETLEASE, F_UNLCK);
  return done;
}

int setAttribute(int fd) {
  return retry("fsetxattr", [&] { return fsetxattr(fd, kAttribute, "1", 1, 0); });
}

}  // namespace lockbridge
