// Names and identities: what a path names, and whether it still is the inode that we mean.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

namespace lockbridge {

// A lock path split at its last slash. `dir` is "." for a bare name.
struct SplitPath {
  std::string dir;
  std::string name;
};
SplitPath split(const std::string& path);
std::string dirOf(const std::string& path);
const char* nameOf(const std::string& path);  // within `path`

// An inode's identity is device, number and birth time: ext4 hands a number out again at once, so
// two of the three would take a successor for the original. Birth is 0 where the filesystem keeps
// none (statx(2), STATX_BTIME).
struct Identity {
  uint32_t major = 0;
  uint32_t minor = 0;
  uint64_t ino = 0;
  int64_t birthSec = 0;
  uint32_t birthNsec = 0;

  bool operator==(const Identity& o) const {
    return major == o.major && minor == o.minor && ino == o.ino && birthSec == o.birthSec &&
           birthNsec == o.birthNsec;
  }
  bool operator!=(const Identity& o) const { return !(*this == o); }
  // "fe:0:2188353@1764000000.123456789": what people see, compare and quote.
  std::string text() const;
  // The reverse; false if it is none.
  static bool parse(const std::string& text, Identity* out);
};

Identity identityOf(const struct statx& st);

// As JavaScript has it, with what is left of the nanoseconds: equal times give equal numbers.
inline double milliseconds(const struct statx_timestamp& time) {
  return static_cast<double>(time.tv_sec) * 1000 + time.tv_nsec / 1e6;
}

// Marks an inode as a lockbridge lock, whatever a peer writes over its content. Its value is the
// name that the file was given: who holds it after it was unlinked can be told only by that,
// because /proc knows no name of a file that was born without one.
inline constexpr char kAttribute[] = "user.lockbridge";

// statx of an open descriptor, or of a name without following a final symbolic link. 0 or -errno.
int statFd(int fd, struct statx* out);
int statName(int dirfd, const char* name, struct statx* out);

// Opens what a stranger may have put there: never follows, never waits, never creates. Whoever
// releases or looks holds a lease for some microseconds, and an open without waiting is then
// refused (EWOULDBLOCK, fcntl(2) "Leases"): tried again for a moment. Descriptor or -errno.
int openUntrusted(const char* path, int access);
// Whether that failed because the name, a regular file a moment ago, now stands for nothing, a
// link, a directory or a socket (open(2): ENOENT, ELOOP, EISDIR, ENXIO).
bool isAnotherNow(int error);

}  // namespace lockbridge
