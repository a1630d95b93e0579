// From what was seen to what it means. Proof, or held: whatever is not proven nobody's is held,
// because killing a service in a critical section is worse than a late update. docs/protocol.md has
// the rules; each branch here is one of them, in the words of src/inspect/verdict.ts.
//
// Not here: what was on record under earlier boots (`lockbridge break --state`).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../probe.h"
#include "inspection.h"
#include "liveness.h"

namespace lockbridge {

struct Context {
  std::string path;
  bool emptyIsFree = false;
  PidTable* pids = nullptr;
  // A watch of the directory has proven that a kernel locker made this very inode.
  bool madeByKernelLocker = false;
  // Who has the file open, if that was asked; `complete`: nobody can be missing from the list.
  const std::vector<Opener>* openers = nullptr;
  bool complete = false;
  // We hold the kernel locks ourselves, so none of somebody else's can be on it.
  bool underLock = false;
};

struct Judgement {
  Verdict verdict = Verdict::kHeld;
  By by = By::kNone;
  std::string protocol, certainty, object;
  std::optional<Record> record;
  // Whom the file itself names: somebody's claim, of an unknown pid namespace.
  std::vector<Holder> named;
  std::vector<Evidence> evidence;
};

Judgement judge(const Look& look, const Context& context);

// Somebody else's open may be its maker's, so we do not open it: -EBUSY as the error of opening.
inline constexpr int kNotOpened = -16;

}  // namespace lockbridge
