#include "mounts.h"

#include <climits>
#include <cstdlib>

#include "proc.h"
#include "text.h"

namespace lockbridge {

namespace {

// Space, tab, newline and backslash are written as three octal digits.
std::string unescape(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size(); at++) {
    const std::string octal = text.substr(at + 1, 3);
    if (text[at] == '\\' && octal.size() == 3 &&
        octal.find_first_not_of("01234567") == std::string::npos) {
      out += static_cast<char>(strtol(octal.c_str(), nullptr, 8));
      at += 3;
    } else {
      out += text[at];
    }
  }
  return out;
}

// What remains of `path` below `top`; nothing if it is not below.
std::optional<std::string> below(const std::string& path, const std::string& top) {
  if (top == "/") return path == "/" ? "" : path;
  if (path == top) return "";
  if (!startsWith(path, top + "/")) return std::nullopt;
  return path.substr(top.size());
}

}  // namespace

std::vector<Mount> mountsOf(const std::string& pid) {
  std::vector<Mount> mounts;
  for (const std::string& line : splitAt(readProc("/proc/" + pid + "/mountinfo"), '\n')) {
    const auto fields = splitAt(line, ' ');
    if (fields.size() < 5) continue;
    mounts.push_back(
        {atoi(fields[0].c_str()), fields[2], unescape(fields[3]), unescape(fields[4])});
  }
  return mounts;
}

std::optional<Place> placeThrough(const Mount& mount, const std::string& path) {
  const auto rest = below(path, mount.point);
  if (!rest) return std::nullopt;
  const std::string inside = (mount.root == "/" ? "" : mount.root) + *rest;
  return Place{mount.device, inside.empty() ? "/" : inside};
}

std::optional<Place> placeOf(const std::string& dir) {
  char real[PATH_MAX];
  if (realpath(dir.c_str(), real) == nullptr) return std::nullopt;
  std::optional<Mount> best;
  // The last of several on one point is the one on top.
  for (const Mount& mount : mountsOf("self"))
    if (below(real, mount.point) && (!best || mount.point.size() >= best->point.size()))
      best = mount;
  if (!best) return std::nullopt;
  return placeThrough(*best, real);
}

}  // namespace lockbridge
