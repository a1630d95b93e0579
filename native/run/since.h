// Since when a lock is held. The kernel keeps no time for a lock, so for a kernel lock of a
// stranger there is only a bound: not before its file was made and its holder's process started.
#pragma once

#include <vector>

#include "../probe.h"
#include "inspection.h"

namespace lockbridge {

Since sinceOf(const Look& look, const std::optional<Record>& record, By by,
              const std::vector<Holder>& holders);

// RFC 3339, and nothing else, in milliseconds since 1970; of the years 1 to 9999 in UTC.
std::optional<double> parseTime(const std::string& text);

}  // namespace lockbridge
