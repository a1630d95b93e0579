// The way out: what the person can do about what was found, the gentlest first, and what it risks.
// The commands name `lockbridge`, which has them all; `run`, `wait` and `break` are also those of
// this program, with the same arguments.
#pragma once

#include <string>
#include <vector>

#include "inspection.h"

namespace lockbridge {

std::vector<Action> actionsFor(const Inspection& seen);
// The first way out in one sentence, for a message of one line.
std::string wayOut(const Inspection& seen);
// A process in a few words.
std::string processName(const ProcessInfo& process);
// Who is in the way and how that is known, in one line.
std::string describe(const Inspection& seen);

}  // namespace lockbridge
