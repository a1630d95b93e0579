// Which container or unit a process runs in, from its cgroup. Its name is the engine's to tell,
// over a socket that this program does not open: `lockbridge explain` does.
#pragma once

#include <string>

#include "inspection.h"

namespace lockbridge {

// What the text of a /proc/PID/cgroup says.
void readCgroup(const std::string& text, ProcessInfo* out);

}  // namespace lockbridge
