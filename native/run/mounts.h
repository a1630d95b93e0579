// Mounts (proc(5), mountinfo): where a path really is, as filesystem and place in it, so that one
// directory under two names (a bind mount into a container) is recognised as one.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lockbridge {

struct Mount {
  int id = 0;
  std::string device;  // "major:minor" of the filesystem
  std::string root;
  std::string point;
};

// A place in a filesystem, whatever it is called where.
struct Place {
  std::string device;
  std::string path;
};

// The mounts that a process sees, in the order in which they were made. `pid`: a number, or self.
std::vector<Mount> mountsOf(const std::string& pid);
// The place of a path that a process sees through a certain mount of its own.
std::optional<Place> placeThrough(const Mount& mount, const std::string& path);
// The place of a directory of ours.
std::optional<Place> placeOf(const std::string& dir);

}  // namespace lockbridge
