// Taking a lock: one try without waiting, for one path or for many, all or none.
//
// A try creates the file born locked; if the name is taken, it judges what is there, and adopts it
// if it is provably nobody's (docs/protocol.md, "Taking over what is there").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../lockfile.h"
#include "failure.h"
#include "inspect.h"
#include "record.h"

namespace lockbridge {

// By how much the mtime of a held file is ahead, for peers that judge by age.
inline constexpr int kAheadSeconds = 120;

struct Taking {
  const RecordHead& head;
  std::string reason;
  Policy policy;

  Birth birth() const;
};

// What a try gave: exactly one of the three.
struct Tried {
  Failure failure;
  std::optional<Held> held;
  std::optional<Inspection> blocker;
};

Tried attempt(const std::string& path, const Taking& taking);

// Locks an open candidate, judges once more under the lock, and makes it ours. None of the three:
// it changed meanwhile, or (`refused`) a lock is on it.
Tried adopt(Held&& candidate, const Taking& taking, bool* refused);

// All locks, in the order of `paths`, or everybody in the way (then none is kept), or a failure.
Failure attemptAll(const std::vector<std::string>& paths, const Taking& taking,
                   std::vector<Held>* held, std::vector<Inspection>* blockers);

// Refuses what is no lock path: empty, or ending in a directory's name.
Failure checkPath(const std::string& path);

}  // namespace lockbridge
