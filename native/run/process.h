// Who a process is, for people: number here and inside its container, command, user, since when.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "inspection.h"

namespace lockbridge {

// The processes of one inspection: each is read once. `brief`: number and command will do. Several
// threads may ask.
class Processes {
 public:
  explicit Processes(bool brief = false) : brief_(brief) {}
  // Only its number if it has gone or may not be read.
  const ProcessInfo& info(int pid);

 private:
  ProcessInfo read(int pid);

  const bool brief_;
  std::mutex mutex_;
  std::map<int, ProcessInfo> seen_;
};

}  // namespace lockbridge
