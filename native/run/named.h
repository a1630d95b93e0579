// The process that a footprint names: as a holder to show, and as proof of death where it can be
// one.
//
// It proves death only by a protocol that itself goes by that number, if the number was written on
// this host (or no host was), is certain, is not 1, which lives in every container, and provably
// nobody has it, here or in a container (docs/protocol.md).
#pragma once

#include <vector>

#include "footprint.h"
#include "inspection.h"
#include "liveness.h"

namespace lockbridge {

struct Named {
  std::vector<Holder> holders;
  std::vector<Evidence> evidence;
  bool dead = false;  // provably
};

Named namedBy(const Footprint& footprint, PidTable* pids);

}  // namespace lockbridge
