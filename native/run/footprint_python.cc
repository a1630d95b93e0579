// The names that the Python package `lockfile` gives its files, read backwards.

#include "footprint.h"
#include "scan.h"
#include "text.h"

namespace lockbridge {

namespace {

// Who holds, by such a name. `pids` where the digits allow several.
struct Named {
  std::string host, thread;
  int pid = 0;
  std::vector<int> pids;
};

// 89 of 100 hashes of 64 bits have 19 digits, 1 of 10,000 has fewer than 16 (a uniform hash).
constexpr size_t kLengths64[] = {19, 18, 17, 16}, kLengths32[] = {10, 9, 8, 7};

std::vector<int> prefixes(const std::string& digits, const size_t (&lengths)[4]) {
  std::vector<int> found;
  for (const size_t length : lengths) {
    if (digits.size() <= length) continue;
    const int pid = pidOf(digits.substr(0, digits.size() - length));
    const std::string hash = digits.substr(digits.size() - length);
    // 2^63 is 9223372036854775808.
    const bool tooLarge = length == 19 && hash >= "9223372036854775808";
    if (pid != 0 && hash[0] != '0' && !tooLarge) found.push_back(pid);
  }
  return found;
}

// HOST, `-` and the thread in hexadecimal, `.`, pid, and the hash of the path, a signed number.
// Nothing stands between pid and hash, so the pid is certain only before a negative hash; else it
// is one of the few prefixes that leave a hash of likely length.
bool uniqueTail(const std::string& name, size_t at, Named* out) {
  Scan scan(name, at);
  std::string digits, negative;
  out->thread.clear();
  if (scan.take('-') && !scan.hex(&out->thread, 4, 8)) return false;
  if (!scan.take('.') || !scan.digits(&digits, 1, 26)) return false;
  if (scan.take('-') && !scan.digits(&negative, 7, 19)) return false;
  if (!scan.done()) return false;
  out->pids = {};
  out->pid = 0;
  // Without a thread only the length of the hash tells the name from `backup.20261124`.
  const bool threaded = !out->thread.empty();
  if (!negative.empty()) {
    out->pid = threaded || negative.size() >= 16 ? pidOf(digits) : 0;
  } else {
    out->pids = prefixes(digits, kLengths64);
    if (out->pids.empty() && threaded) out->pids = prefixes(digits, kLengths32);
  }
  return true;
}

bool parseUnique(const std::string& name, Named* out) {
  std::string host;
  Scan whole(name);
  // The shortest host whose rest has the form of one.
  for (size_t size = 1; size <= 255 && size < name.size(); size++) {
    out->host = name.substr(0, size);
    Scan scan(out->host);
    if (!scan.host(&host) || !scan.done()) return false;
    if (!uniqueTail(name, size, out)) continue;
    return out->pid != 0 || !out->pids.empty();
  }
  return false;
}

// HOST, `.-`, thread, pid (again nothing between), or HOST, `.`, pid.
bool parseInner(const std::string& name, Named* out) {
  std::string host, joined, digits;
  for (size_t size = 1; size <= 255 && size < name.size(); size++) {
    out->host = name.substr(0, size);
    Scan scan(out->host);
    if (!scan.host(&host) || !scan.done()) return false;
    Scan rest(name, size);
    if (!rest.take('.')) continue;
    const bool threaded = rest.take('-');
    if (threaded ? rest.hex(&joined, 5, 15) : rest.digits(&digits, 1, 7))
      if (rest.done()) break;
    joined.clear();
    digits.clear();
  }
  if (joined.empty()) {
    out->pid = pidOf(digits);
    return out->pid != 0;
  }
  // The thread is 32 bits of a pointer: eight digits, or fewer if they begin with zeros.
  for (const size_t at : {8, 7, 6, 5, 4}) {
    const int pid = at < joined.size() ? pidOf(joined.substr(at)) : 0;
    if (pid == 0) continue;
    if (out->pids.empty()) out->thread = joined.substr(0, at);
    out->pids.push_back(pid);
  }
  if (out->pids.empty()) return false;
  if (out->pids.size() == 1) {
    out->pid = out->pids[0];
    out->pids.clear();
  } else {
    out->thread.clear();
  }
  return true;
}

std::string describe(const Named& named) {
  std::string numbers = named.pid != 0 ? std::to_string(named.pid) : "";
  for (const int pid : named.pids) numbers += (numbers.empty() ? "" : " or ") + std::to_string(pid);
  return "pid " + numbers + (named.thread.empty() ? "" : ", thread " + named.thread) + " on '" +
         named.host + "'";
}

Footprint by(const char* protocol, const char* certainty, const std::string& text,
             const Named& named) {
  Footprint out;
  out.protocol = protocol;
  out.certainty = certainty;
  out.text = text + describe(named);
  out.host = named.host;
  out.thread = named.thread;
  out.pid = named.pid;
  out.pids = named.pids;
  return out;
}

}  // namespace

// LinkLockFile keeps its unique file beside the lock: two names of one empty file.
std::optional<Footprint> pyLinkFootprint(const Traces& traces) {
  if (!traces.isFile() || traces.size != 0 || traces.nlink < 2) return std::nullopt;
  auto names = traces.otherLinks();
  names.push_back(baseName(traces.path));
  Named named;
  for (const std::string& name : names)
    if (parseUnique(name, &named))
      return by("py-link", "sure",
                "its link '" + name + "' is that of a LinkLockFile of Python: ", named);
  return std::nullopt;
}

std::optional<Footprint> pyMkdirFootprint(const Traces& traces) {
  if (traces.type != Traces::Type::kDirectory) return std::nullopt;
  const auto entries = traces.entries();
  Named named;
  if (entries.size() != 1 || !parseInner(entries[0], &named)) return std::nullopt;
  // `HOST.PID` is also what many a program calls a log.
  const char* certainty = entries[0].find(".-") == std::string::npos ? "guess" : "sure";
  return by("py-mkdir", certainty,
            "'" + entries[0] + "' in it is that of a MkdirLockFile of Python: ", named);
}

std::optional<Footprint> pySymlinkFootprint(const Traces& traces) {
  Named named;
  if (traces.type != Traces::Type::kSymlink || !parseUnique(traces.target, &named))
    return std::nullopt;
  return by("py-symlink", "sure",
            "its target '" + traces.target + "' is that of a SymlinkLockFile of Python: ", named);
}

}  // namespace lockbridge
