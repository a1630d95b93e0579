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

void Orphans::take(const std::vector<Opener>& openers) {
  std::map<int, std::vector<Mount>> mounts;
  for (const Opener& opener : openers) {
    if (opener.target >= 0 || !endsWith(opener.link, kDeleted)) continue;
    if (mounts.count(opener.pid) == 0) mounts[opener.pid] = mountsOf(std::to_string(opener.pid));
    if (const auto place = placeIn(mounts[opener.pid], opener)) all_.push_back({opener, *place});
  }
}

std::vector<Holder> Orphans::of(const std::string& path, Processes* processes) {
  if (all_.empty()) return {};
  const SplitPath where = split(path);
  const std::lock_guard<std::mutex> guard(mutex_);
  if (dir_ != where.dir) here_ = placeOf(dir_ = where.dir);
  if (!here_) return {};
  const std::string expected = (here_->path == "/" ? "" : here_->path) + "/" + where.name;
  std::vector<Opener> ours;
  for (const auto& [opener, place] : all_)
    if (place.device == here_->device && place.path == expected) ours.push_back(opener);
  return holdersOf({}, ours, processes);
}

}  // namespace lockbridge
