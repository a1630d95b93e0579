// The look at a path: who holds it, and how that is known.
//
// `inspect` disturbs nobody and searches /proc for whoever has the file open; `glance` is the look
// of a taker, without that search, because its own flock will decide, and with no more of the
// holders than their numbers and commands.
#pragma once

#include <functional>
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

// What is looked for beside what is at the path. Without: neither is shown, and where nothing needs
// it no process is looked at (a search through /proc takes milliseconds), and /proc/locks is not
// read for a lock of lockbridge, whose record names its holder (the kernel may take 20 ms to open
// it).
struct Extent {
  bool orphans = true;
  bool waiters = true;
};

// A failure if the path cannot be reached.
Failure inspect(const std::string& path, const Policy& policy, Inspection* out,
                const Extent& extent = {});
// The same of many with one look at the machine, without the ways out, each told when it is judged:
// those that need no search come first, by several threads at once, and one may come again, when
// the last counts. The inspection is the visitor's to keep; it is made when the failure is none.
using Visit = std::function<void(size_t index, const Failure& failure, Inspection* seen)>;
void inspectEach(const std::vector<std::string>& paths, const Policy& policy, const Visit& visit);
Failure glance(const std::string& path, const Policy& policy, Inspection* out);
// Judges once more a file that we hold the kernel locks of.
Failure judgeHeld(const std::string& path, int fd, const Policy& policy, Inspection* out);

}  // namespace lockbridge
