// Symbolic links and directories at a lock path.

#include <cstdlib>

#include "footprint.h"
#include "scan.h"
#include "text.h"

namespace lockbridge {

// proper-lockfile sets the mtime at once and then every five seconds, from a Date: whole
// milliseconds, give or take the microsecond that a double of seconds loses.
std::optional<Footprint> npmProperFootprint(const Traces& traces) {
  constexpr double kLastBeat = 253'402'300'799'999;  // the end of the year 9999
  // A directory that nobody touched since mkdir(2) has the time of its birth.
  if (traces.type != Traces::Type::kDirectory || traces.mtime == traces.birth) return std::nullopt;
  const double beat = static_cast<double>(roundDown(traces.mtime + 0.5));
  const double off = traces.mtime - beat;
  if (off <= -0.0015 || off >= 0.0015 || beat < 0 || beat > kLastBeat) return std::nullopt;
  if (!traces.entries().empty()) return std::nullopt;
  Footprint out;
  out.protocol = "npm-proper";
  out.certainty = traces.birth == 0 ? "guess" : "likely";
  out.text = "an empty directory whose mtime was set after its birth is proper-lockfile's beat: " +
             timeText(beat);
  out.beat = beat;
  return out;
}

std::optional<Footprint> mkdirFootprint(const Traces& traces) {
  if (traces.type != Traces::Type::kDirectory) return std::nullopt;
  Footprint out;
  out.protocol = "mkdir";
  out.text = "a directory at a lock path is what mkdir(1) and its likes make";
  return out;
}

// `user@host.pid:boot`; Emacs calls the link `.#FILE`.
std::optional<Footprint> emacsFootprint(const Traces& traces) {
  if (traces.type != Traces::Type::kSymlink) return std::nullopt;
  const std::string& target = traces.target;
  const size_t at = target.find('@');
  if (at == std::string::npos || at == 0 || target.find('/') < at) return std::nullopt;
  std::string rest = target.substr(at + 1);
  const auto isNumber = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  const size_t colon = rest.find(':');
  if (colon != std::string::npos) {
    if (!isNumber(rest.substr(colon + 1))) return std::nullopt;
    rest.resize(colon);
  }
  const size_t dot = rest.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::string before = rest.substr(0, dot), digits = rest.substr(dot + 1);
  std::string host;
  Scan scan(before);
  if (!scan.host(&host) || !scan.done() || pidOf(digits) == 0) return std::nullopt;
  Footprint out;
  out.protocol = "emacs";
  out.certainty = startsWith(baseName(traces.path), ".#") ? "sure" : "likely";
  out.text = "its target '" + target + "' names a user, a host and a pid, as Emacs writes them";
  out.pid = pidOf(digits);
  out.host = host;
  return out;
}

// No pidDecides: each script has a rule of its own, and most have none.
std::optional<Footprint> lnSymlinkFootprint(const Traces& traces) {
  const int pid = traces.type == Traces::Type::kSymlink ? pidOf(traces.target) : 0;
  if (pid == 0) return std::nullopt;
  Footprint out;
  out.protocol = "ln -s";
  out.text = "its target is a number alone, as ln -s \"$$\" of a shell script makes it: pid " +
             std::to_string(pid);
  out.pid = pid;
  return out;
}

}  // namespace lockbridge
