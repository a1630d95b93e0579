#include "lockfile.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include <cstdio>
#include <cstring>
#include <ctime>

#include "exchange.h"

namespace lockbridge {

namespace {

constexpr long kSmb1 = 0x517B, kCifs = 0xFF534D42, kSmb2 = 0xFE534D42;

// On network filesystems flock already is a record lock over the wire, so an OFD lock beside it
// would fight with it (flock(2), "NFS details").
bool ofdWouldFight(int fd) {
  struct statfs fs;
  if (fstatfs(fd, &fs) != 0) return false;
  const long type = static_cast<long>(fs.f_type);
  return type == NFS_SUPER_MAGIC || type == kSmb1 || type == kCifs || type == kSmb2;
}

// A lock that is held on the same filesystem has shown it already: while it is, no other filesystem
// can have this device number.
bool provesOfd(const Held* neighbour, const Identity& id) {
  return neighbour != nullptr && (neighbour->mechanisms & kOfd) != 0 &&
         neighbour->id.major == id.major && neighbour->id.minor == id.minor;
}

// Errors that mean "this filesystem has no such thing", not "no": decided by what the kernel
// answers, never by the filesystem's name. EISDIR is what kernels before 3.11 say to O_TMPFILE.
bool noTmpfile(int error) {
  return error == -EOPNOTSUPP || error == -EISDIR || error == -EINVAL || error == -ENOSYS;
}
bool noLink(int error) {
  return error == -EPERM || error == -EOPNOTSUPP || error == -EXDEV || error == -ENOSYS ||
         error == -EMLINK || error == -EINVAL;
}

int applyOwner(int fd, const Birth& birth, struct statx* st) {
  if (birth.setOwner) {
    const int done = retry("fchown", [&] { return fchown(fd, birth.uid, birth.gid); });
    if (done < 0) return done;
  }
  int done = statFd(fd, st);
  if (done < 0) return done;
  if ((st->stx_mode & 07777) != birth.mode) {  // the umask took bits away
    done = retry("fchmod", [&] { return fchmod(fd, birth.mode); });
  }
  return done < 0 ? done : 0;
}

// Everything but the name and the locks. A full disk or a read-only one speaks up here, before
// anybody can see the file.
int fill(int fd, const Birth& birth, const std::string& path, Identity* id) {
  struct statx st;
  int done = applyOwner(fd, birth, &st);
  if (done < 0) return done;
  *id = identityOf(st);
  done = writeAll(fd, birth.record);
  if (done < 0) return done;
  // Best effort: not every filesystem has user attributes (tmpfs since Linux 6.6).
  markOurs(fd, birth.name.empty() ? nameOf(path) : birth.name.c_str());
  return birth.aheadSeconds == 0 ? 0 : beat(fd, birth.aheadSeconds);
}

// The fallback where nameless files or links are not to be had: visible before it is complete, so
// the locks come first. Whoever flocks it in between keeps it: we never held.
int createVisible(const std::string& path, const Birth& birth, Held* out) {
  Fd fd(retry("open", [&] {
    return open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, birth.mode);
  }));
  if (!fd.ok()) return fd.error();
  out->path = path;
  out->mechanisms = kExistence;
  out->fd = std::move(fd);
  const int locked = lockKernel(out);
  const int filled = fill(out->fd.get(), birth, path, &out->id);
  if (locked == 0 && filled == 0) return 0;
  // A stranger's flock won: leave the file to it, marked as born ours so that it can be swept.
  // Anything else failed: nobody may be left with a half-made file.
  if (locked != -EWOULDBLOCK) unlink(path.c_str());
  out->fd.reset();
  return locked < 0 ? locked : filled;
}

// Removes a directory that was a lock, with the files directly in it (Python's MkdirLockFile keeps
// one, proper-lockfile none). Deeper trees are not a lock and are left: -ENOTEMPTY.
int removeLockDirectory(int parent, const char* name) {
  const int fd = retry("openat", [&] {
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  });
  if (fd < 0) return fd;
  DIR* entries = fdopendir(fd);
  if (entries == nullptr) {
    const int error = -errno;
    ::close(fd);
    return error;
  }
  while (const dirent* entry = readdir(entries)) {
    if (entry->d_name[0] == '.' &&
        (entry->d_name[1] == 0 || (entry->d_name[1] == '.' && entry->d_name[2] == 0)))
      continue;
    if (unlinkat(fd, entry->d_name, 0) != 0) break;
  }
  closedir(entries);
  return retry("unlinkat", [&] { return unlinkat(parent, name, AT_REMOVEDIR); });
}

// Our file under a temporary name, and the name that it is to have.
struct Swap {
  int dir;
  const char* temporary;
  const char* name;

  int exchange() const {
    return retry("renameat2", [&] { return exchangeNames(dir, temporary, dir, name); });
  }

  // After an exchange: removes what was at the name, or puts it back.
  int removeOld(bool directory) const {
    const int done = directory ? removeLockDirectory(dir, temporary)
                               : retry("unlinkat", [&] { return unlinkat(dir, temporary, 0); });
    if (done < 0) exchange();
    return done;
  }

  int replaceAnything() const {
    const int done = retry("renameat", [&] { return renameat(dir, temporary, dir, name); });
    if (done != -EISDIR && done != -ENOTEMPTY && done != -EEXIST) return done;
    const int swapped = exchange();
    return swapped < 0 ? swapped : removeOld(true);
  }

  // Compare and swap: first exchange, then look what came out. Looking first would leave a moment
  // in which the lock that was seen goes and its successor is replaced.
  int replaceOnly(const Judged& judged, const Identity& ours) const {
    const Identity& expected = judged.id;
    struct statx st;
    int done = statName(dir, name, &st);
    if (done < 0) return done == -ENOENT ? -ESTALE : done;
    // Under our lock of the directory nobody adopts it any more.
    if (identityOf(st) != expected || milliseconds(st.stx_mtime) != judged.modified) return -ESTALE;
    done = exchange();
    if (done == -ENOENT) return -ESTALE;
    // No exchange on this filesystem: then the look above must do.
    if (done == -EINVAL || done == -ENOSYS) return replaceAnything();
    if (done < 0) return done;
    done = statName(dir, temporary, &st);
    if (done == 0 && identityOf(st) == expected) return removeOld(S_ISDIR(st.stx_mode));
    putBack(ours);
    return done < 0 ? done : -ESTALE;
  }

  // The successor goes back to its place. Meanwhile our file may have been removed from there, or
  // been renamed over: that was meant for the successor, which goes as it would have without us.
  void putBack(const Identity& ours) const {
    const int done = exchange();
    if (done == -ENOENT) unlinkat(dir, temporary, 0);
    if (done < 0) return;
    struct statx st;
    if (statName(dir, temporary, &st) < 0 || identityOf(st) == ours) return;
    if (exchange() == 0) unlinkat(dir, temporary, 0);
  }
};

}  // namespace

void markOurs(int fd, const char* name) { fsetxattr(fd, kAttribute, name, strlen(name), 0); }

// AT_EMPTY_PATH needs no /proc but CAP_DAC_READ_SEARCH (or Linux 6.10); without them it says ENOENT
// and /proc/self/fd is asked (open(2), O_TMPFILE).
int linkName(int fd, const char* path) {
  int done = retry("linkat", [&] { return linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH); });
  if (done != -ENOENT) return done;
  char self[32];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  return retry("linkat", [&] { return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW); });
}

int writeAll(int fd, const std::string& text) {
  const ssize_t wrote = retry("pwrite", [&] { return pwrite(fd, text.data(), text.size(), 0); });
  if (wrote < 0) return static_cast<int>(wrote);
  return static_cast<size_t>(wrote) == text.size() ? 0 : -ENOSPC;
}

int writeRecord(int fd, const std::string& record) {
  const int done = writeAll(fd, record);
  if (done < 0) return done;
  const int cut =
      retry("ftruncate", [&] { return ftruncate(fd, static_cast<off_t>(record.size())); });
  return cut < 0 ? cut : 0;
}

int beat(int fd, int aheadSeconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct timespec times[2] = {now, now};
  times[1].tv_sec += aheadSeconds;
  const int done = retry("futimens", [&] { return futimens(fd, times); });
  return done < 0 ? done : 0;
}

int lockKernel(Held* held, const Held* neighbour) {
  const int fd = held->fd.get();
  const int done = retry("flock", [&] { return flock(fd, LOCK_EX | LOCK_NB); });
  if (done < 0) return done;
  held->mechanisms |= kFlock;
  if (!provesOfd(neighbour, held->id) && ofdWouldFight(fd)) return 0;
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const int ofd = retry("fcntl", [&] { return fcntl(fd, F_OFD_SETLK, &whole); });
  if (ofd == 0) {
    held->mechanisms |= kOfd;
    return 0;
  }
  // EINVAL: a kernel before 3.15 or a filesystem without record locks; reported as not in force.
  if (ofd == -EINVAL || ofd == -ENOSYS || ofd == -EOPNOTSUPP || ofd == -ENOLCK) return 0;
  flock(fd, LOCK_UN);
  held->mechanisms &= ~kFlock;
  return ofd == -EACCES || ofd == -EAGAIN ? -EWOULDBLOCK : ofd;
}

int prepare(const std::string& path, const Birth& birth, Held* out) {
  const std::string dir = dirOf(path);
  Fd fd(
      retry("open", [&] { return open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, birth.mode); }));
  if (!fd.ok()) return fd.error();
  out->fd = std::move(fd);
  out->path = path;
  out->mechanisms = kExistence;
  const int done = fill(out->fd.get(), birth, path, &out->id);
  if (done < 0) out->fd.reset();
  return done;
}

int publish(Held* prepared, const Held* neighbour) {
  int done = lockKernel(prepared, neighbour);
  if (done == 0) done = linkName(prepared->fd.get(), prepared->path.c_str());
  if (done < 0) prepared->fd.reset();
  return done;
}

int create(const std::string& path, const Birth& birth, Held* out, const Held* neighbour) {
  int done = prepare(path, birth, out);
  if (done < 0) return noTmpfile(done) ? createVisible(path, birth, out) : done;
  done = publish(out, neighbour);
  return noLink(done) ? createVisible(path, birth, out) : done;
}

int stillNames(const Held& held) {
  struct statx st;
  const int done = statName(AT_FDCWD, held.path.c_str(), &st);
  if (done == -ENOENT || done == -ENOTDIR) return 0;
  if (done < 0) return done;
  return identityOf(st) == held.id ? 1 : 0;
}

int replace(const std::string& path, const Birth& birth, const Judged* expected, Held* out) {
  const SplitPath where = split(path);
  Fd dir(
      retry("open", [&] { return open(where.dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!dir.ok()) return dir.error();
  const int alone = retry("flock", [&] { return flock(dir.get(), LOCK_EX | LOCK_NB); });
  if (alone < 0) return alone;

  // A name of its own first: rename(2) needs one. Hidden, and unique to this process and moment.
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  char temporary[64];
  snprintf(temporary, sizeof temporary, ".lockbridge-%d-%lld%09ld", getpid(),
           static_cast<long long>(now.tv_sec), now.tv_nsec);
  Birth named = birth;
  named.name = where.name;
  int done = create(where.dir + "/" + temporary, named, out);
  if (done < 0) return done;
  const Swap swap = {dir.get(), temporary, where.name.c_str()};
  done = expected == nullptr ? swap.replaceAnything() : swap.replaceOnly(*expected, out->id);
  if (done < 0) {
    const KeepFailedCall failed;
    // Only our own file: a stranger's under this name is one that could not be put back.
    struct statx st;
    if (statName(dir.get(), temporary, &st) == 0 && identityOf(st) == out->id)
      unlinkat(dir.get(), temporary, 0);
    out->fd.reset();
    return done;
  }
  out->path = path;
  return 0;
}

}  // namespace lockbridge
