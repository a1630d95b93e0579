#include "footprint.h"

#include <cstdlib>

#include "scan.h"
#include "text.h"

namespace lockbridge {

namespace {

// The most specific first.
constexpr Recogniser kRecognisers[] = {
    heliosFootprint,       balenaFootprint,     procmailFootprint,       pyLinkFootprint,
    pyMkdirFootprint,      pySymlinkFootprint,  npmProperFootprint,      mkdirFootprint,
    emacsFootprint,        lnSymlinkFootprint,  fluflFootprint,          nfslockFootprint,
    softFilelockFootprint, gitFootprint,        lockfileSimpleFootprint, lockmailFootprint,
    uucpFootprint,         zcLockfileFootprint, nightlyoneFootprint,     dotlockfileFootprint,
    pidFileFootprint,      linkFootprint,       muttFootprint,           filelockFootprint,
};

}  // namespace

std::optional<Footprint> recognise(const Traces& traces) {
  for (const Recogniser recogniser : kRecognisers) {
    auto found = recogniser(traces);
    if (!found) continue;
    // Names, hosts and targets are a stranger's choice: whatever is quoted is printable.
    found->text = printable(found->text, 600);
    if (found->host) found->host = printable(*found->host);
    found->thread = printable(found->thread);
    return found;
  }
  return std::nullopt;
}

int pidOf(const std::string& digits) {
  if (digits.empty() || digits.size() > 7 || digits[0] == '0') return 0;
  if (digits.find_first_not_of("0123456789") != std::string::npos) return 0;
  const int pid = atoi(digits.c_str());
  return pid <= 4'194'304 ? pid : 0;
}

}  // namespace lockbridge
