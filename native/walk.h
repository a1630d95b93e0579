// Listing what is below a directory without ever leaving it: every level is opened from its
// parent's descriptor and no symbolic link is followed, so nobody can swap a directory for a link
// under us.
#pragma once

#include <string>
#include <vector>

namespace lockbridge {

struct WalkEntry {
  std::string path;  // relative to the directory
  bool directory = false;
};

struct Walk {
  std::vector<WalkEntry> entries;       // parents before what is in them
  std::vector<std::string> unreadable;  // directories that could not be listed
  bool cut = false;                     // there was more than `most`, or it was deeper
};

// `follow`: the directory itself may be a symbolic link. 0 or -errno of opening it.
int walk(const std::string& dir, bool follow, size_t most, int depth, Walk* out);

}  // namespace lockbridge
