// Adoption: taking over a file that is nobody's without the name ever disappearing, so that no
// exclusive create can slip in and two breakers cannot both win: the kernel lock decides.

#include <fcntl.h>

#include "lockfile.h"
#include "parent.h"

namespace lockbridge {

namespace {

int openCandidate(const std::string& path, int access, Held* out) {
  struct statx st;
  int done = statName(AT_FDCWD, path.c_str(), &st);
  if (done < 0) return done == -ENOENT ? -ESTALE : done;
  if (!S_ISREG(st.stx_mode)) return -ESTALE;
  // Never O_CREAT: with fs.protected_regular that is EACCES on another user's file in a sticky
  // directory, for root too (proc_sys_fs(5)).
  Fd fd(openUntrusted(path.c_str(), access));
  if (!fd.ok()) return isAnotherNow(fd.error()) ? -ESTALE : fd.error();
  struct statx opened;
  done = statFd(fd.get(), &opened);
  if (done < 0) return done;
  if (!S_ISREG(opened.stx_mode) || identityOf(opened) != identityOf(st)) return -ESTALE;
  out->fd = std::move(fd);
  out->path = path;
  out->id = identityOf(opened);
  out->mechanisms = kExistence;
  return 0;
}

}  // namespace

int adoptOpen(const std::string& path, Held* out) { return openCandidate(path, O_RDWR, out); }

int waitOpen(const std::string& path, Held* out) {
  const int done = openCandidate(path, O_RDWR, out);
  const bool forReading = done == -EACCES || done == -EPERM || done == -EROFS;
  return forReading ? openCandidate(path, O_RDONLY, out) : done;
}

int adoptLock(Held* held) {
  const int done = lockKernel(held);
  if (done < 0) return done;
  const int same = stillNames(*held);
  return same == 1 ? 0 : same == 0 ? -ESTALE : same;
}

int adoptCommit(Held* held, const Birth& birth) {
  const int fd = held->fd.get();
  // A forcer may have judged the file as it was: it replaces that one before we go on, or not at
  // all.
  const Fd dir = openParent(dirOf(held->path));
  if (dir.ok()) keepForcersOut(dir.get());
  struct statx st;
  const int seen = statName(AT_FDCWD, held->path.c_str(), &st);
  if (seen == -ENOENT || seen == -ENOTDIR) return -ESTALE;
  if (seen < 0) return seen;
  if (identityOf(st) != held->id) return -ESTALE;
  if (birth.setOwner) {
    const int owned = retry("fchown", [&] { return fchown(fd, birth.uid, birth.gid); });
    if (owned < 0) return owned;
  }
  const bool shorter = st.stx_size <= birth.record.size();  // nothing of it will be left to cut
  const int done = shorter ? writeAll(fd, birth.record) : writeRecord(fd, birth.record);
  if (done < 0) return done;
  markOurs(fd, nameOf(held->path));
  // Not the owner: the mtime cannot be set ahead, and age-judging peers go by the write above.
  beat(fd, birth.aheadSeconds);
  return 0;
}

}  // namespace lockbridge
