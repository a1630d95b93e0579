// Orphans: a process that holds a kernel lock on a file which has lost its name. It believes that
// it holds the path and protects nothing, and whoever looks at the path cannot see it. Its
// descriptor still tells where the file was.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "holders.h"
#include "mounts.h"

namespace lockbridge {

// Of the openers that a search found, those of nameless locked files (`target` -1). Several threads
// may ask.
class Orphans {
 public:
  void take(const std::vector<Opener>& openers);

  // Those whose file was once at `path`.
  std::vector<Holder> of(const std::string& path, Processes* processes);

 private:
  struct Nameless {
    Opener opener;
    Place place;
  };

  std::vector<Nameless> all_;
  std::mutex mutex_;
  // The directory that was last asked for: neighbours are in the same one.
  std::string dir_;
  std::optional<Place> here_;
};

}  // namespace lockbridge
