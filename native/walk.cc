#include "walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "sys.h"

namespace lockbridge {

namespace {

bool isDirectory(int parent, const dirent* entry) {
  if (entry->d_type != DT_UNKNOWN) return entry->d_type == DT_DIR;
  struct stat st;
  return fstatat(parent, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

bool isDots(const char* name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

void list(Fd&& dir, const std::string& prefix, size_t most, int depth, Walk* out) {
  DIR* entries = fdopendir(dir.get());
  if (entries == nullptr) {
    out->unreadable.push_back(prefix);
    return;
  }
  dir.take();  // closedir(3) closes it
  const int at = dirfd(entries);
  while (const dirent* entry = readdir(entries)) {
    if (isDots(entry->d_name)) continue;
    if (out->entries.size() >= most) {
      out->cut = true;
      break;
    }
    const bool directory = isDirectory(at, entry);
    const std::string path = prefix + entry->d_name;
    out->entries.push_back({path, directory});
    if (!directory) continue;
    if (depth <= 1) {
      out->cut = true;
      continue;
    }
    Fd below(retry("openat", [&] {
      return openat(at, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }));
    if (below.ok())
      list(std::move(below), path + "/", most, depth - 1, out);
    else if (below.error() != -ENOENT)
      out->unreadable.push_back(path);
  }
  closedir(entries);
}

}  // namespace

int walk(const std::string& dir, bool follow, size_t most, int depth, Walk* out) {
  const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  Fd top(retry("open", [&] { return open(dir.c_str(), how); }));
  if (!top.ok()) return top.error();
  list(std::move(top), "", most, depth, out);
  return 0;
}

}  // namespace lockbridge
