// Where a lock file came from, as far as one watcher saw it: the proof behind "residue".
//
// A file that was seen created, then opened exactly once (by its creator), with a kernel lock on it
// during that one open, was made by a kernel locker: what that leaves is no existence lock. Every
// other history leaves the file undecidable.
//
// What inotify cannot tell is closed by other means. A link(2) also reports "created", but not
// "opened" in the same instant, and its inode is not fresh (link count, birth = change time). Two
// opens in a row may be merged into one event (inotify(7)), which would hide a stranger's open
// behind the creator's: so no
// opener may be without a lock when one is seen, the proof is complete only when the first close is
// the locker's, its lock gone with it, and it falls as soon as there are more closes than opens.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "path.h"

namespace lockbridge {

enum class Origin {
  kCreated,  // seen created, its creator's open not yet reported
  kOpen,     // in its creator's open, no kernel lock seen so far
  kLocked,   // locked during that open; whose close comes first will tell
  kKernel,   // proven: made by a kernel locker
  kUnknown,  // any other history
};

struct Lineage {
  Identity id;
  Origin origin = Origin::kUnknown;
  uint64_t nextPoll = 0;  // CLOCK_MONOTONIC nanoseconds; 0: none due
  uint64_t interval = 0;
  uint64_t batch = 0;  // the read that reported the creation
  int opens = 0;
  int closes = 0;
  int locker = 0;  // who held the lock when it was seen
  // What /proc is still to be asked, without making anybody wait for the answer who asks for
  // another file: whether an opener has no lock, and whether whoever closed first was the locker.
  bool askOpeners = false;
  bool askCloser = false;
  bool asking() const { return askOpeners || askCloser; }
};

// The files of one watched directory.
class Lineages {
 public:
  // Feeds one inotify event of the directory; `batch` numbers the read that brought it.
  void event(const std::string& dir, const std::string& name, uint32_t mask, uint64_t now,
             uint64_t batch);
  // Forgets everything: events were lost.
  void clear() { files_.clear(); }
  // When the next file wants a look at its locks; 0 if none does.
  uint64_t nextPoll() const;
  // For the watcher, which looks at the locks of files whose poll is due.
  std::map<std::string, Lineage>& files() { return files_; }
  const Lineage* find(const std::string& name) const;

 private:
  static void used(Lineage* file, uint32_t mask);
  void created(const std::string& dir, const std::string& name, uint64_t now, uint64_t batch);

  std::map<std::string, Lineage> files_;
  // A name that was made by open(2), and came and went before we could see its inode, may have been
  // the source of a link: until this moment no creation proves a fresh inode. One that came without
  // an open is itself a link, such as a try of our own that failed: its inode is no fresh one.
  uint64_t suspectUntil_ = 0;
  std::map<std::string, uint64_t> vanished_;  // such names, and when that was seen
};

uint64_t monotonic();

}  // namespace lockbridge
