// Who holds, who waits, who only has the file open: from the lock lines of every descriptor
// (fdinfo), which name all processes that share an open file description, and from /proc/locks,
// which alone knows the waiters and which may be the only one to answer where descriptors are
// hidden.
#pragma once

#include <vector>

#include "../procfs.h"
#include "inspection.h"
#include "process.h"

namespace lockbridge {

// Everybody that /proc shows with the file, in the order: holders, waiters, mere openers.
std::vector<Holder> holdersOf(const std::vector<LockLine>& locks,
                              const std::vector<Opener>& openers, Processes* processes);

}  // namespace lockbridge
