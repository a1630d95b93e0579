// What the watcher asks /proc about the files whose lineage it keeps, with its mutex free
// meanwhile.

#include "procfs.h"
#include "watcher.h"

namespace lockbridge {

namespace {

// A file of which /proc is to be asked something. The answer takes long, and the kernel may make
// whoever asks wait 20 ms: nobody may have to wait for the mutex as long.
struct Question {
  int wd;
  std::string name;
  Identity id;
  bool openers = false;
  bool closer = false;
};

constexpr uint64_t kSlowestPoll = 5'000'000'000;

}  // namespace

// A kernel lock is on the file: was its maker's open the only one until now? Events that were under
// way when the lock was seen end the lineage.
void Watcher::pollDue() {
  std::vector<Question> due;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    const uint64_t now = monotonic();
    for (auto& [wd, entry] : directories_)
      for (const auto& [name, file] : entry.lineages.files())
        if (file.nextPoll != 0 && file.nextPoll <= now)
          due.push_back({wd, name, file.id, false, false});
  }
  if (due.empty()) return;
  const LockTable table;
  const std::lock_guard<std::mutex> guard(mutex_);
  catchUp();
  for (const Question& asked : due) {
    Lineage* file = find(asked.wd, asked.name);
    if (file == nullptr || file->id != asked.id || file->origin != Origin::kOpen) continue;
    for (const LockLine& line : table.of(asked.id))
      if (!line.waiting) file->locker = line.pid;
    if (file->locker != 0) {
      file->origin = Origin::kLocked;
      file->nextPoll = 0;
      file->askOpeners = true;
      continue;
    }
    // The kernel reports no event when a lock is taken: look again, ever more rarely.
    file->interval = file->interval * 2 < kSlowestPoll ? file->interval * 2 : kSlowestPoll;
    file->nextPoll = monotonic() + file->interval;
  }
}

void Watcher::askDue() {
  for (;;) {
    std::vector<Question> due;
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      for (auto& [wd, entry] : directories_)
        for (const auto& [name, file] : entry.lineages.files())
          if (file.asking()) due.push_back({wd, name, file.id, file.askOpeners, file.askCloser});
    }
    if (due.empty()) return;
    for (const Question& asked : due) {
      // An opener without a lock may be the creator, its open merged with the locker's into one
      // event.
      const bool opener = asked.openers && openerWithoutLock(asked.id);
      const auto locks = asked.closer ? kernelLocks(asked.id) : std::vector<LockLine>();
      const std::lock_guard<std::mutex> guard(mutex_);
      Lineage* file = find(asked.wd, asked.name);
      if (file == nullptr || file->id != asked.id) continue;
      if (opener) file->origin = Origin::kUnknown;
      // The one who closed did not hold the lock: then he may be the creator.
      for (const LockLine& line : locks)
        if (!line.waiting && line.pid == file->locker) file->origin = Origin::kUnknown;
      if (asked.openers) file->askOpeners = false;
      if (asked.closer) file->askCloser = false;
    }
    pthread_cond_broadcast(&asked_);
  }
}

}  // namespace lockbridge
