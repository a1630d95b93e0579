// Looking at many paths at once: /proc/locks is read at most once for all of them, a filesystem is
// asked once for many of its files, and several threads do what is nothing but waiting for the
// kernel.
#pragma once

#include <string>
#include <vector>

#include "probe.h"

namespace lockbridge {

// One look for each path, in their order; what is at a path is as of some moment during the call.
std::vector<Look> lookAll(const std::vector<std::string>& paths, Depth depth);

}  // namespace lockbridge
