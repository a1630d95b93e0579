// What is known of the machine during one inspection, and what a look at a path means in it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../probe.h"
#include "failure.h"
#include "inspect.h"
#include "liveness.h"
#include "orphans.h"
#include "process.h"
#include "unseen.h"

namespace lockbridge {

class Scene {
 public:
  // `brief`: nobody searches, and of a process its number and command will do. `underLock`: we hold
  // the kernel locks.
  explicit Scene(const Policy& policy, bool brief = false, bool underLock = false)
      : policy_(policy), brief_(brief), underLock_(underLock), processes_(brief) {}

  // Goes through /proc once, for who has one of the files open and, with `nameless`, for who holds
  // one that lost its name.
  void search(const std::vector<Identity>& open, bool nameless);

  // Whether somebody holds a lock on a file that was once at the path.
  bool orphaned(const std::string& path) { return !orphans_.of(path, &processes_).empty(); }

  // What is at the path, but for the ways out; a failure if that cannot be said. Several threads
  // may ask, also before the search of files that nobody has open.
  Failure judge(const std::string& path, const Look& look, Inspection* out);

 private:
  const Policy& policy_;
  const bool brief_, underLock_;
  Processes processes_;
  PidTable pids_;
  Orphans orphans_;
  std::optional<View> view_;                          // once searched
  std::map<std::string, std::vector<Opener>> found_;  // by identity
  const std::vector<Opener> nobody_;
};

}  // namespace lockbridge
