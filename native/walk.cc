#include "walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>
#include <utility>

#include "crew.h"
#include "sys.h"

namespace lockbridge {

namespace {

constexpr size_t kMany = 1000;  // directories: worth a second thread

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
  // `seen`: how many entries all listers of one walk have. `alone`: this one may divide its work.
  Lister(size_t most, std::atomic<size_t>* seen, bool alone, Walk* out)
      : most_(most), seen_(seen), alone_(alone), out_(out) {}

  // What is in the directory, then what is in those that are in it. `prefix`: its path, with a
  // slash at the end if it has one.
  void list(const Fd& dir, const std::string& prefix, int depth) {
    std::vector<std::string> below;
    if (!read(dir.get(), prefix, &below)) out_->unreadable.push_back(prefix);
    if (depth <= 1 && !below.empty()) out_->cut = true;
    if (depth <= 1) return;
    if (alone_ && below.size() >= kMany)
      share(dir, prefix, depth, below);
    else
      for (const std::string& name : below) enter(dir, prefix, name, depth);
  }

 private:
  void enter(const Fd& dir, const std::string& prefix, const std::string& name, int depth) {
    const Fd next(retry("openat", [&] {
      return openat(dir.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }));
    if (next.ok())
      list(next, prefix + name + "/", depth - 1);
    else if (next.error() != -ENOENT)
      out_->unreadable.push_back(prefix + name);
  }

  // By several threads. What they find is put together in the order of one that does it all.
  void share(const Fd& dir, const std::string& prefix, int depth,
             const std::vector<std::string>& below) {
    std::vector<Walk> parts(below.size());
    divide(below.size(), [&](size_t begin, size_t end) {
      Lister lister(most_, seen_, false, &parts[begin]);
      for (size_t at = begin; at < end; at++) lister.enter(dir, prefix, below[at], depth);
    });
    for (Walk& part : parts) {
      for (WalkEntry& entry : part.entries) out_->entries.push_back(std::move(entry));
      for (std::string& path : part.unreadable) out_->unreadable.push_back(std::move(path));
      out_->cut = out_->cut || part.cut;
    }
  }

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
        if (seen_->fetch_add(1) >= most_) {
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
  std::atomic<size_t>* const seen_;
  const bool alone_;
  Walk* const out_;
  alignas(Entry) char buffer_[32768];  // one for all levels: a directory is read to its end first
};

}  // namespace

int walk(const std::string& dir, bool follow, size_t most, int depth, Walk* out) {
  const int how = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  const Fd top(retry("open", [&] { return open(dir.c_str(), how); }));
  if (!top.ok()) return top.error();
  std::atomic<size_t> seen{0};
  Lister(most, &seen, true, out).list(top, "", depth);
  return 0;
}

}  // namespace lockbridge
