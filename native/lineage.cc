#include "lineage.h"

#include <fcntl.h>
#include <sys/inotify.h>

#include <ctime>
#include <iterator>

namespace lockbridge {

namespace {

constexpr uint64_t kFirstPoll = 20'000;       // flock(1) locks some 20 us after it creates
constexpr uint64_t kSuspect = 1'000'000'000;  // how long a vanished name may be a link's source

bool fresh(const struct statx& st) {
  return S_ISREG(st.stx_mode) && st.stx_nlink == 1 && st.stx_size == 0 &&
         (st.stx_mask & STATX_BTIME) && st.stx_btime.tv_sec == st.stx_ctime.tv_sec &&
         st.stx_btime.tv_nsec == st.stx_ctime.tv_nsec;
}

}  // namespace

uint64_t monotonic() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void Lineages::created(const std::string& dir, const std::string& name, uint64_t now,
                       uint64_t batch) {
  vanished_.erase(name);
  Lineage& file = files_[name];
  file = Lineage();
  struct statx st;
  if (statName(AT_FDCWD, (dir + "/" + name).c_str(), &st) < 0) {
    files_.erase(name);
    for (auto it = vanished_.begin(); it != vanished_.end();)
      it = it->second + kSuspect < now ? vanished_.erase(it) : std::next(it);
    vanished_[name] = now;
    return;
  }
  file.id = identityOf(st);
  file.batch = batch;
  bool linked = now < suspectUntil_;
  for (const auto& [other, lineage] : files_)
    linked = linked || (other != name && lineage.id == file.id);
  if (!linked && fresh(st)) file.origin = Origin::kCreated;
}

void Lineages::event(const std::string& dir, const std::string& name, uint32_t mask, uint64_t now,
                     uint64_t batch) {
  if (mask & IN_CREATE) return created(dir, name, now, batch);
  if (mask & (IN_DELETE | IN_MOVED_FROM)) {
    files_.erase(name);
    return;
  }
  // open(O_CREAT) reports the open right after the creation, before its file can be linked.
  if ((mask & IN_OPEN) && vanished_.count(name) > 0) suspectUntil_ = now + kSuspect;
  const auto found = files_.find(name);
  if (found == files_.end()) return;
  Lineage& file = found->second;
  if (mask & IN_MOVED_TO) {
    files_.erase(found);
  } else if ((mask & IN_OPEN) && file.origin == Origin::kCreated && file.batch == batch) {
    // open(O_CREAT) reports both within microseconds, long before we are awake to read the first;
    // an open that comes alone is somebody else's, of a file that was linked here.
    file.origin = Origin::kOpen;
    file.opens = 1;
    file.interval = kFirstPoll;
    file.nextPoll = now;
  } else if (mask & (IN_OPEN | IN_CLOSE)) {
    used(&file, mask);
  }
}

void Lineages::used(Lineage* file, uint32_t mask) {
  if (file->origin == Origin::kLocked || file->origin == Origin::kKernel) {
    (mask & IN_OPEN ? file->opens : file->closes)++;
    if (file->closes > file->opens) file->origin = Origin::kUnknown;
    if (file->origin != Origin::kLocked || !(mask & IN_CLOSE)) return;
    file->origin = Origin::kKernel;
    file->askCloser = true;
    return;
  }
  file->origin = Origin::kUnknown;
  file->nextPoll = 0;
}

uint64_t Lineages::nextPoll() const {
  uint64_t next = 0;
  for (const auto& [name, file] : files_)
    if (file.nextPoll != 0 && (next == 0 || file.nextPoll < next)) next = file.nextPoll;
  return next;
}

const Lineage* Lineages::find(const std::string& name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace lockbridge
