// `lock PATH --watch-pid PID`, for scripts that say `lockfile PATH; …; rm -f PATH`.
//
// `lock` starts a holder, a small process apart from the script and its terminal, and returns once
// it holds. It lets go when it is asked to, or when the process PID has ended, however that ended.
//
// Not protected: a script whose holder was killed goes on without a lock, as with any lock that is
// broken.
#pragma once

#include "arguments.h"
#include "failure.h"

namespace lockbridge {

// `code`: the exit code of the holder, if it could not take the lock.
Failure lockCommand(const Arguments& arguments, const std::string& commandLine, int* code);

}  // namespace lockbridge
