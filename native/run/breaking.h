// Breaking a lock: what is provably nobody's without asking, a held one only by force. Force
// replaces in one step, so the name never vanishes while somebody else could create it, and the
// former holder, if it is a lockbridge, learns at once.
#pragma once

#include <optional>
#include <string>

#include "taking.h"

namespace lockbridge {

// Leaves the path free; `before`: what was there. With `id` it is that very lock or none. A lock
// that a live lockbridge or Helios supervisor holds is never taken.
Failure breakLock(const std::string& path, const std::optional<std::string>& id, bool force,
                  const Taking& taking, Inspection* before);

}  // namespace lockbridge
