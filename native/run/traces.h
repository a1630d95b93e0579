// What is on disk at a lock path, for the recognisers of footprint.h: the look that was made, and
// on demand the other names of its inode and the first names in a directory. Descends nowhere and
// follows nothing, also if the path has become something else since the look.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../probe.h"

namespace lockbridge {

struct Traces {
  std::string path;
  enum class Type { kFile, kDirectory, kSymlink } type = Type::kFile;
  std::string content;  // the first 512 bytes
  double size = 0;
  unsigned mode = 0;  // permission bits
  unsigned uid = 0;
  unsigned nlink = 1;
  double birth = 0;  // milliseconds since 1970; 0 where the filesystem keeps none
  double mtime = 0;
  std::string target;  // of a symbolic link
  std::function<std::vector<std::string>()> otherLinks;
  std::function<std::vector<std::string>()> entries;

  bool isFile() const { return type == Type::kFile; }
  unsigned bits() const { return mode & 0777; }
  // Whether `content` is all that a regular file contains.
  bool whole() const { return isFile() && static_cast<double>(content.size()) == size; }
};

// False for what no recogniser knows: FIFO, socket, device.
bool tracesOf(const std::string& path, const Look& look, Traces* out);

double birthOf(const struct statx& st);

}  // namespace lockbridge
