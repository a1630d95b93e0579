// The look at a path: who holds it, and how that is known.
//
// `inspect` disturbs nobody and searches /proc for whoever has the file open; `glance` is the look
// of a taker, without that search, because its own flock will decide, and with no more of the
// holders than their numbers and commands.
#pragma once

#include <string>
#include <vector>

#include "failure.h"
#include "inspection.h"

namespace lockbridge {

// What is known of a path from a watch of its directory.
struct Origins {
  virtual ~Origins() = default;
  // Its maker has it open right now: opening it would end what can be proven of it.
  virtual bool pending(const std::string& path) = 0;
  // A kernel locker made the inode of this identity at the path.
  virtual bool byKernelLocker(const std::string& path, const std::string& id) = 0;
};

struct Policy {
  bool emptyIsFree = false;
  Origins* origins = nullptr;  // none: nobody watches
};

// A failure if the path cannot be reached.
Failure inspect(const std::string& path, const Policy& policy, Inspection* out);
Failure glance(const std::string& path, const Policy& policy, Inspection* out);
// Judges once more a file that we hold the kernel locks of.
Failure judgeHeld(const std::string& path, int fd, const Policy& policy, Inspection* out);

}  // namespace lockbridge
