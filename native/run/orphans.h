// Orphans: a process that holds a kernel lock on a file which has lost its name. It believes that
// it holds the path and protects nothing, and whoever looks at the path cannot see it. Its
// descriptor still tells where the file was.
#pragma once

#include <string>
#include <vector>

#include "holders.h"

namespace lockbridge {

// Those of the nameless locked files (`target` -1) that were once at `path`.
std::vector<Holder> orphansOf(const std::string& path, const std::vector<Opener>& openers,
                              Processes* processes);

}  // namespace lockbridge
