// Waiting for a lock to change, on events: a kernel lock by a blocking flock(2), an existence lock
// by inotify on the directory, with a slow poll behind it for filesystems that lose events.
//
// While it waits nothing is held, so the signals that end programs may end this one.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "events.h"
#include "taking.h"

namespace lockbridge {

// Until when somebody is ready to wait.
class Deadline {
 public:
  // For ever, or so many seconds from now.
  explicit Deadline(std::optional<double> seconds);
  bool passed() const { return at_ != 0 && monotonic() >= at_; }
  uint64_t at() const { return at_; }  // CLOCK_MONOTONIC in nanoseconds; 0: never

 private:
  uint64_t at_ = 0;
};

struct Wait {
  Events* events;
  const Deadline* deadline;
  // The signals that are blocked while somebody waits: those that were when we were started.
  const sigset_t* mask;
  bool forRecordLock = false;  // which family of kernel locks is waited for
};

// Returns when what `blocker` describes may have changed, or the time is up. With `taking`, a
// kernel lock that was waited for is kept and the file adopted if it may be. Events must watch its
// path.
Tried waitForChange(const Inspection& blocker, Wait* wait, const Taking* taking);

// Says once per state of affairs whom a command waits for, on stderr.
class Announcer {
 public:
  void announce(const Inspection& blocker);

 private:
  std::string last_;
};

// The error for a wait whose time ran out, with all that can be said of the blockers now.
Failure timedOut(const std::vector<Inspection>& blockers, const Policy& policy);

}  // namespace lockbridge
