// A command that runs while we hold, and the signals that are for it rather than for us.
//
// The command inherits the locks' descriptors, so that killing us does not free what it still
// relies on; its own descriptors, signals and terminal are as they would be without us.
#pragma once

#include <string>
#include <vector>

#include "../lockfile.h"
#include "failure.h"
#include "signals.h"

namespace lockbridge {

// Runs it to its end; `record`: that of the locks. `code`: its exit code, or 128 + the signal that
// killed it. ERR_COMMAND if it cannot be executed.
Failure execute(char* const* command, const std::vector<Held>& held, const std::string& record,
                Signals* signals, int* code);

}  // namespace lockbridge
