// Taking all of several locks, waiting for them: nothing is held meanwhile, and a failure names
// everybody who is in the way.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "taking.h"

namespace lockbridge {

struct Patience {
  std::optional<double> seconds;  // none: for ever; 0: one try
  sigset_t mask;                  // the signals that are blocked while somebody waits
};

// Says on stderr whom it waits for. The locks come in sorted order, a path given twice once.
Failure acquireAll(std::vector<std::string> paths, const RecordHead& head,
                   const std::string& reason, bool emptyIsFree, const Patience& patience,
                   std::vector<Held>* held);

// Returns what is at each path once none is held at its turn, without taking it.
Failure waitUntilFree(const std::vector<std::string>& paths, bool emptyIsFree,
                      const Patience& patience, std::vector<Inspection>* out);

// Lets go of all; what somebody still has open is tried once more after.
void releaseAll(std::vector<Held>* held);

}  // namespace lockbridge
