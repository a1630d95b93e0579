#include "walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sys.h"

namespace lockbridge {

namespace {

// What getdents64(2) gives; readdir(3) costs two more system calls a directory.
struct Entry {
  uint64_t ino;
  int64_t off;
  uint16_t length;
  uint8_t type;
  char name[];
};

bool isDirectory(int parent, const Entry& entry) {
  if (entry.type != DT_UNKNOWN) return entry.type == DT_DIR;
  struct stat st;
  return fstatat(parent, entry.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

bool isDots(const char* name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

class Lister {
 public:
  Lister(size_t most, Walk* out) : most_(most), out_(out) {}

  // What is in the directory, then what is in those that are in it. `prefix`: its path, with a
  // slash at the end if it has one.
  void list(const Fd& dir, const std::string& prefix, int depth) {
    std::vector<std::string> below;
    if (!read(dir.get(), prefix, &below)) out_->unreadable.push_back(prefix);
    if (depth <= 1 && !below.empty()) out_->cut = true;
    if (depth <= 1) return;
    for (const std::string& name : below) {
      const Fd next(retry("openat", [&] {
        return openat(dir.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      }));
      if (next.ok())
        list(next, prefix + name + "/", depth - 1);
      else if (next.error() != -ENOENT)
        out_->unreadable.push_back(prefix + name);
    }
  }

 private:
  // False if it cannot be read any further.
  bool read(int dir, const std::string& prefix, std::vector<std::string>* below) {
    for (;;) {
      const long got = retry("getdents64",
                             [&] { return syscall(SYS_getdents64, dir, buffer_, sizeof buffer_); });
      if (got <= 0) return got == 0;
      for (long at = 0; at < got;) {
        const Entry& entry = *reinterpret_cast<const Entry*>(buffer_ + at);
        at += entry.length;
        if (isDots(entry.name)) continue;
        if (out_->entries.size() >= most_) {
          out_->cut = true;
          return true;
        }
        const bool directory = isDirectory(dir, entry);
        out_->entries.push_back({prefix + entry.name, directory});
        if (directory) below->push_back(entry.name);
      }
    }
  }

  const size_t most_;
  Walk* const out_;
  alignas(Entry) char buffer_[32768];  // one for all levels: a directory is read to its end first
};

}  // namespace

int walk(const std::string& dir, bool follow, size_t most, int depth, Walk* out) {
  const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  const Fd top(retry("open", [&] { return open(dir.c_str(), how); }));
  if (!top.ok()) return top.error();
  Lister(most, out).list(top, "", depth);
  return 0;
}

}  // namespace lockbridge
