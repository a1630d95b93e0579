// Finding the lock files below directories: by their names, and by the kernel locks on files of any
// name. Follows no symbolic link out of the tree, and opens nothing. In the rules of
// src/inspect/find.ts.
#pragma once

#include <string>
#include <vector>

#include "failure.h"

namespace lockbridge {

struct Found {
  std::vector<std::string> paths;    // sorted, each once
  std::vector<std::string> remarks;  // what was not looked at, in a line each
};

// `dirs`: none for the usual places that are here. A failure if one cannot be listed.
Failure findLocks(const std::vector<std::string>& dirs, Found* out);

}  // namespace lockbridge
