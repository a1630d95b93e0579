#include "traces.h"

#include <dirent.h>
#include <fcntl.h>

#include "../sys.h"
#include "text.h"

namespace lockbridge {

namespace {

constexpr size_t kEntries = 16, kLimit = 20'000;

std::vector<std::string> names(int fd, size_t limit) {
  std::vector<std::string> found;
  DIR* dir = fd < 0 ? nullptr : fdopendir(fd);
  if (dir == nullptr) {
    if (fd >= 0) close(fd);
    return found;
  }
  while (const dirent* entry = found.size() < limit ? readdir(dir) : nullptr) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") found.push_back(name);
  }
  closedir(dir);
  return found;
}

std::vector<std::string> entriesOf(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  std::vector<std::string> found = names(fd, kEntries);
  for (std::string& name : found) name = validUtf8(name);
  return found;
}

// Bounded: of a larger directory the first names are seen.
std::vector<std::string> linksOf(const std::string& path, const struct statx& look) {
  std::vector<std::string> found;
  struct statx now;
  if (look.stx_nlink < 2 || statName(AT_FDCWD, path.c_str(), &now) < 0) return found;
  if (now.stx_ino != look.stx_ino) return found;
  const SplitPath where = split(path);
  const int fd = open(where.dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const Fd dir(fd < 0 ? -1 : dup(fd));
  for (const std::string& name : names(fd, kLimit)) {
    if (found.size() + 1 >= look.stx_nlink) break;
    struct statx st;
    if (name == where.name || statName(dir.get(), name.c_str(), &st) < 0) continue;
    const bool same = st.stx_ino == now.stx_ino && st.stx_dev_major == now.stx_dev_major &&
                      st.stx_dev_minor == now.stx_dev_minor;
    if (same) found.push_back(validUtf8(name));
  }
  return found;
}

}  // namespace

double birthOf(const struct statx& st) {
  return st.stx_mask & STATX_BTIME ? milliseconds(st.stx_btime) : 0;
}

bool tracesOf(const std::string& path, const Look& look, Traces* out) {
  const struct statx& st = look.st;
  if (S_ISREG(st.stx_mode))
    out->type = Traces::Type::kFile;
  else if (S_ISDIR(st.stx_mode))
    out->type = Traces::Type::kDirectory;
  else if (S_ISLNK(st.stx_mode))
    out->type = Traces::Type::kSymlink;
  else
    return false;
  out->path = path;
  out->content = look.content;
  out->size = static_cast<double>(st.stx_size);
  out->mode = st.stx_mode & 07777;
  out->uid = st.stx_uid;
  out->nlink = st.stx_nlink;
  out->birth = birthOf(st);
  out->mtime = milliseconds(st.stx_mtime);
  out->target = validUtf8(look.target);
  out->otherLinks = [path, st, file = out->isFile()] {
    return file ? linksOf(path, st) : std::vector<std::string>();
  };
  out->entries = [path, directory = out->type == Traces::Type::kDirectory] {
    return directory ? entriesOf(path) : std::vector<std::string>();
  };
  return true;
}

}  // namespace lockbridge
