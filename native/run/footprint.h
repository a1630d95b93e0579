// Which protocol made a file, how sure that is, and why: what src/peers/*.ts recognise, for the
// files that a refusal has to name. Never proof that a holder is gone.
//
// A recogniser says no more than the bytes do, and where several programs make the same bytes its
// text names them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "traces.h"

namespace lockbridge {

struct Footprint {
  std::string protocol;
  const char* certainty = "guess";  // sure, likely
  std::string text;
  int pid = 0;            // the holder's process; 0: none is named
  std::vector<int> pids;  // where the digits allow several
  std::optional<std::string> host;
  std::string thread;
  bool pidDecides = false;     // the protocol itself goes by that number
  bool leftover = false;       // the protocol locks with the kernel and leaves the file
  std::optional<double> beat;  // a last sign of life, milliseconds since 1970
};

using Recogniser = std::optional<Footprint> (*)(const Traces&);

// The protocol that made this, the most specific that fits.
std::optional<Footprint> recognise(const Traces& traces);

// The recognisers, by what they look at.
std::optional<Footprint> heliosFootprint(const Traces&);
std::optional<Footprint> balenaFootprint(const Traces&);
std::optional<Footprint> procmailFootprint(const Traces&);
std::optional<Footprint> pyLinkFootprint(const Traces&);
std::optional<Footprint> pyMkdirFootprint(const Traces&);
std::optional<Footprint> pySymlinkFootprint(const Traces&);
std::optional<Footprint> npmProperFootprint(const Traces&);
std::optional<Footprint> mkdirFootprint(const Traces&);
std::optional<Footprint> emacsFootprint(const Traces&);
std::optional<Footprint> lnSymlinkFootprint(const Traces&);
std::optional<Footprint> fluflFootprint(const Traces&);
std::optional<Footprint> nfslockFootprint(const Traces&);
std::optional<Footprint> softFilelockFootprint(const Traces&);
std::optional<Footprint> gitFootprint(const Traces&);
std::optional<Footprint> lockfileSimpleFootprint(const Traces&);
std::optional<Footprint> lockmailFootprint(const Traces&);
std::optional<Footprint> uucpFootprint(const Traces&);
std::optional<Footprint> zcLockfileFootprint(const Traces&);
std::optional<Footprint> nightlyoneFootprint(const Traces&);
std::optional<Footprint> dotlockfileFootprint(const Traces&);
std::optional<Footprint> pidFileFootprint(const Traces&);
std::optional<Footprint> linkFootprint(const Traces&);
std::optional<Footprint> muttFootprint(const Traces&);
std::optional<Footprint> filelockFootprint(const Traces&);

}  // namespace lockbridge
