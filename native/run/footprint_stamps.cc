// Protocols that are told by a few fixed bytes, a mode or a place.

#include "footprint.h"
#include "scan.h"
#include "text.h"

namespace lockbridge {

namespace {

constexpr unsigned kNobody = 65534;

Footprint said(const char* protocol, const char* certainty, const std::string& text) {
  Footprint out;
  out.protocol = protocol;
  out.certainty = certainty;
  out.text = text;
  return out;
}

bool contains(const Traces& traces, const char* text) {
  return traces.whole() && traces.content == text;
}

// How sure it is that lockfile(1) wrote this: `0` without a newline, in mode 0444 less the umask.
const char* madeByProcmail(const Traces& traces) {
  if (!contains(traces, "0")) return nullptr;
  if (traces.bits() == 0444) return "sure";
  return traces.bits() == 0440 || traces.bits() == 0400 ? "likely" : nullptr;
}

}  // namespace

std::optional<Footprint> heliosFootprint(const Traces& traces) {
  if (!contains(traces,
                "\x02"
                "c"))
    return std::nullopt;
  return said("helios", "sure", "it carries the Helios tag (02 63)");
}

std::optional<Footprint> balenaFootprint(const Traces& traces) {
  if (traces.uid != kNobody || !traces.isFile()) return std::nullopt;
  // In a user namespace, 65534 also stands for every owner that it does not map.
  const std::string doubt = "uid 65534 (or an owner that this user namespace does not map)";
  if (madeByProcmail(traces) != nullptr) {
    const std::string name = baseName(traces.path);
    const bool named = name == "updates.lock" || name == "resin-updates.lock";
    return said("balena-supervisor", named ? "sure" : "likely",
                "procmail's lockfile made it for " + doubt + ", as the balena supervisor does");
  }
  if (traces.size != 0) return std::nullopt;
  return said("balena-supervisor", "guess", "empty, owned by " + doubt + ": a balena supervisor's");
}

std::optional<Footprint> procmailFootprint(const Traces& traces) {
  const char* certainty = madeByProcmail(traces);
  if (certainty == nullptr) return std::nullopt;
  return said("procmail", certainty,
              "content '0' without a newline and a mode without write are procmail lockfile's");
}

std::optional<Footprint> dotlockfileFootprint(const Traces& traces) {
  if (!contains(traces, "0\n")) return std::nullopt;
  return said("dotlockfile", "likely",
              "content '0' and a newline is that of liblockfile: dotlockfile, lockfile-create or a "
              "mail program");
}

std::optional<Footprint> muttFootprint(const Traces& traces) {
  if (!traces.isFile() || traces.size != 0 || traces.bits() != 0) return std::nullopt;
  return said("mutt_dotlock", "likely", "empty with mode 0000, as mutt_dotlock makes it");
}

std::optional<Footprint> filelockFootprint(const Traces& traces) {
  const unsigned bits = traces.bits();
  if (!contains(traces, "") || (bits != 0755 && bits != 0775 && bits != 0777)) return std::nullopt;
  Footprint out = said("filelock", "guess",
                       "empty and executable, as filelock up to 3.9 of Python creates it, for a "
                       "flock or as a SoftFileLock");
  out.leftover = true;
  return out;
}

// FILE.lock, created exclusively, filled with what FILE is to become and renamed over it.
std::optional<Footprint> gitFootprint(const Traces& traces) {
  if (!traces.isFile() || !endsWith(traces.path, ".lock")) return std::nullopt;
  const std::string& content = traces.content;
  // gitformat-index(5)
  if (content.size() > 7 && content.compare(0, 7, std::string("DIRC\0\0\0", 7)) == 0 &&
      content[7] >= 2 && content[7] <= 4)
    return said("git", "sure", "it contains a git index that is being written");
  if (!traces.whole()) return std::nullopt;
  Scan scan(content);
  std::string id;
  if (scan.hex(&id, 40, 64) && (id.size() == 40 || id.size() == 64) && scan.take('\n') &&
      scan.done())
    return said("git", "likely", "it contains one object id, as git writes a reference");
  if (!content.empty()) return std::nullopt;
  const std::string name = '/' + baseName(traces.path);
  const bool known = std::string("/index.lock/HEAD.lock/config.lock/packed-refs.lock/shallow.lock/")
                         .find(name + '/') != std::string::npos;
  if (!known || ('/' + traces.path).find("/.git/") == std::string::npos) return std::nullopt;
  return said("git", "likely", "its place and name are those of a file that git is about to write");
}

// Programs that lock by link(2) keep a second name, or have it for the moment in which they take.
std::optional<Footprint> linkFootprint(const Traces& traces) {
  if (!traces.isFile() || traces.nlink < 2) return std::nullopt;
  const auto others = traces.otherLinks();
  const std::string where = others.empty() ? "elsewhere" : "here, '" + others[0] + "'";
  return said("link", "guess",
              "it has a second name " + where + ", as programs that lock by link(2) make one");
}

}  // namespace lockbridge
