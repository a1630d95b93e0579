#include "orphans.h"

#include <map>

#include "../path.h"
#include "mounts.h"
#include "text.h"

namespace lockbridge {

namespace {

constexpr char kDeleted[] = " (deleted)";

// Where /proc says that it was. A file that was born without a name (a lockbridge lock) shows as
// its number in its directory; lockbridge keeps the name that it gave it beside the content.
std::string formerPath(const Opener& opener) {
  const std::string link = opener.link.substr(0, opener.link.size() - (sizeof kDeleted - 1));
  if (opener.born.empty()) return link;
  return link.substr(0, link.rfind('/') + 1) + opener.born;
}

std::optional<Place> placeIn(const std::vector<Mount>& mounts, const Opener& opener) {
  for (const Mount& mount : mounts)
    if (mount.id == opener.mount) return placeThrough(mount, formerPath(opener));
  return std::nullopt;
}

}  // namespace

std::vector<Holder> orphansOf(const std::string& path, const std::vector<Opener>& openers,
                              Processes* processes) {
  std::map<int, std::vector<Mount>> mounts;
  std::optional<Place> here;
  std::vector<Opener> ours;
  const SplitPath where = split(path);
  for (const Opener& opener : openers) {
    if (opener.target >= 0 || !endsWith(opener.link, kDeleted)) continue;
    if (!here) here = placeOf(where.dir);
    if (!here) break;
    if (mounts.count(opener.pid) == 0) mounts[opener.pid] = mountsOf(std::to_string(opener.pid));
    const auto place = placeIn(mounts[opener.pid], opener);
    const std::string expected = (here->path == "/" ? "" : here->path) + "/" + where.name;
    if (place && place->device == here->device && place->path == expected) ours.push_back(opener);
  }
  return holdersOf({}, ours, processes);
}

}  // namespace lockbridge
