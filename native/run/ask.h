// `unlock PATH`: asks a holder that `lock` started to let go.
//
// Exactly that holder: one that the file's record names, by number and start time, that holds the
// kernel lock on it and calls itself a holder. Nobody else is ever asked, and nobody is
// killed.
#pragma once

#include <csignal>
#include <optional>
#include <string>

#include "failure.h"

namespace lockbridge {

// By default it is ignored (signal(7)), so that even sent to a stranger it would do no harm.
inline constexpr int kAskSignal = SIGWINCH;

// What a holder calls itself: the 15 characters that prctl(2), PR_SET_NAME, has room for.
inline constexpr char kHolderName[] = "lockbridge-hold";

// The lock on `path` is released by its holder, or the failure says why not. `seconds`: how long
// the holder may take.
Failure askToRelease(const std::string& path, double seconds);

}  // namespace lockbridge
