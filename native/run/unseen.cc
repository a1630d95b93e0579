#include "unseen.h"

#include "liveness.h"

namespace lockbridge {

View::View(int hidden)
    : hidden_(hidden),
      outside_(!inInitialPidNamespace()),
      mounted_(procIsOurs()),
      hidepid_(mounted_ && procHidesProcesses()) {}

bool View::complete() const { return !outside_ && mounted_ && !hidepid_ && hidden_ == 0; }

std::vector<std::string> View::sentences(const Look& look, size_t openers) const {
  // A refused lease means that somebody has it open: if none of those in sight, one out of sight.
  const bool elsewhere = look.leaseRefused && openers == 0;
  const std::string who = look.locked                 ? "it is held by a process"
                          : elsewhere && hidden_ == 0 ? "it is open in a process"
                                                      : "a holder may be";
  std::vector<std::string> out;
  if (outside_) out.push_back(who + " outside this pid namespace (a container cannot see out)");
  if (!mounted_) out.push_back("/proc is not that of this pid namespace: mount it to see more");
  if (hidepid_)
    out.push_back("/proc is mounted with hidepid: other users' processes are not shown");
  if (hidden_ > 0)
    out.push_back(std::to_string(hidden_) +
                  " processes of other users would not show what they have open; root sees them");
  return out;
}

}  // namespace lockbridge
