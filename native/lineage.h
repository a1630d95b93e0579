// Where a lock file came from, as far as one watcher saw it: the proof behind "residue".
//
// A file that was seen created, then opened exactly once (by its creator), with a kernel lock on it
// during that one open, was made by a kernel locker: what that leaves is no existence lock. Every
// other history leaves the file undecidable.
//
// What inotify cannot tell is closed by other means: a link(2) also reports "created" but makes no
// fresh inode (link count, birth = change time); two opens in a row may be merged into one event
// (inotify(7)), so every visible opener must carry a kernel lock at the time of proof.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "path.h"

namespace lockbridge {

enum class Origin {
  kCreated,  // seen created, its creator's open not yet reported
  kOpen,     // in its creator's open, no kernel lock seen so far
  kKernel,   // proven: made by a kernel locker
  kUnknown,  // any other history
};

struct Lineage {
  Identity id;
  Origin origin = Origin::kUnknown;
  uint64_t nextPoll = 0;  // CLOCK_MONOTONIC nanoseconds; 0: none due
  uint64_t interval = 0;
};

// The files of one watched directory.
class Lineages {
 public:
  // Feeds one inotify event of the directory.
  void event(const std::string& dir, const std::string& name, uint32_t mask, uint64_t now);
  // Forgets everything: events were lost.
  void clear() { files_.clear(); }
  // When the next file wants a look at its locks; 0 if none does.
  uint64_t nextPoll() const;
  // Files whose poll is due; each is then to be given to look().
  std::map<std::string, Lineage>& files() { return files_; }
  const Lineage* find(const std::string& name) const;

 private:
  void created(const std::string& dir, const std::string& name, uint64_t now);

  std::map<std::string, Lineage> files_;
  // A name that came and went before we could see its inode may have been the source of a link:
  // until this moment no creation proves a fresh inode.
  uint64_t suspectUntil_ = 0;
};

uint64_t monotonic();

}  // namespace lockbridge
