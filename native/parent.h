// The directory of a lock file, and how forcers are kept out of it: they lock it exclusively while
// they replace a file there (protocol, "Force").
#pragma once

#include <string>

#include "sys.h"

namespace lockbridge {

// To look and unlink in; not ok() when out of descriptors, say.
Fd openParent(const std::string& dir);

// A shared lock, until the descriptor is closed, so that no forcer replaces a file between our look
// and what we do. A stranger's lock there must not stop us, so only tried for a moment.
void keepForcersOut(int dirfd);

}  // namespace lockbridge
