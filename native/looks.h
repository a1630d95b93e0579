// Looking at many paths at once: /proc/locks is read at most once for all of them, a filesystem is
// asked once for many of its files, and several threads do what is nothing but waiting for the
// kernel, while whoever wants the looks judges the first of them.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "crew.h"
#include "probe.h"
#include "procfs.h"

namespace lockbridge {

// One look for each path, in their order; what is at a path is as of some moment until it is asked
// for. A path that is named twice is opened twice at once, and each look may see the other.
class ManyLooks {
 public:
  // `use`: called with each look by the thread that made it, so by several at once.
  using Use = std::function<void(size_t index, const Look& look)>;
  ManyLooks(std::vector<std::string> paths, Depth depth, Use use = nullptr);

  // Some more; none at the end.
  std::vector<Look> next();

 private:
  void look(size_t begin, size_t end);

  const std::vector<std::string> paths_;
  const Depth depth_;
  const Use use_;
  std::mutex reading_;
  std::optional<LockTable> table_;
  std::vector<Look> looks_;
  size_t given_ = 0;
  Crew crew_;  // last: its threads use the others
};

std::vector<Look> lookAll(std::vector<std::string> paths, Depth depth);

}  // namespace lockbridge
