// Files that say the number of their maker, with or without its host: most lock programs' own.

#include "footprint.h"
#include "scan.h"
#include "text.h"

namespace lockbridge {

namespace {

struct Stamp {
  std::string digits, host;
  int pid() const { return pidOf(digits); }
};

Footprint by(const char* protocol, const char* certainty, const Stamp& stamp,
             const std::string& text) {
  Footprint out;
  out.protocol = protocol;
  out.certainty = certainty;
  out.text = text;
  out.pid = stamp.pid();
  if (!stamp.host.empty()) out.host = stamp.host;
  out.pidDecides = true;
  return out;
}

std::string number(const Stamp& stamp) { return "pid " + std::to_string(stamp.pid()); }
std::string on(const Stamp& stamp) { return " on '" + stamp.host + "'"; }

bool hasLineEnd(const std::string& utf8) {
  for (const char* end : {"\n", "\r", "\u2028", "\u2029"})
    if (utf8.find(end) != std::string::npos) return true;
  return false;
}

bool parseClaim(const std::string& name, Stamp* stamp) {
  const size_t third = name.rfind('|');
  if (third == std::string::npos || third == 0) return false;
  const size_t second = name.rfind('|', third - 1);
  if (second == std::string::npos || second == 0) return false;
  const size_t first = name.rfind('|', second - 1);
  if (first == std::string::npos || first == 0) return false;
  const std::string random = name.substr(third + 1);
  stamp->host = name.substr(first + 1, second - first - 1);
  stamp->digits = name.substr(second + 1, third - second - 1);
  const auto isNumber = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  return isNumber(random) && isNumber(stamp->digits) && !stamp->host.empty() &&
         stamp->host.find_first_of("/\n") == std::string::npos &&
         !hasLineEnd(name.substr(0, first));
}

}  // namespace

// SoftFileLock of Python's filelock since 3.22: lines of pid, host and, since 3.30, a token of boot
// and start time. Outside of the initial pid namespace it adds that namespace to the host.
std::optional<Footprint> softFilelockFootprint(const Traces& traces) {
  Scan scan(traces.content);
  Stamp stamp;
  std::string token;
  if (!traces.whole() || !scan.digits(&stamp.digits) || !scan.take('\n') || !scan.host(&stamp.host))
    return std::nullopt;
  if (scan.word("?pidns-")) {
    std::string space;
    if (!scan.hex(&space, 1, 8)) return std::nullopt;
    stamp.host += "?pidns-" + space;
  }
  if (!scan.take('\n')) return std::nullopt;
  if (!scan.done() && !(scan.digits(&token) && scan.take('\n') && scan.done())) return std::nullopt;
  if (stamp.pid() == 0) return std::nullopt;
  // Two numbers, of anybody.
  if (token.empty() && stamp.host.find_first_not_of("0123456789") == std::string::npos)
    return std::nullopt;
  const std::string lines = token.empty() ? "pid and host" : "pid, host and start token";
  return by(
      "soft-filelock", token.empty() ? "likely" : "sure", stamp,
      "lines of " + lines + " are those of filelock's SoftFileLock: " + number(stamp) + on(stamp));
}

// LockFile::Simple of Perl: `pid`, or `pid:host` with -nfs, and a newline.
std::optional<Footprint> lockfileSimpleFootprint(const Traces& traces) {
  Scan scan(traces.content);
  Stamp stamp;
  if (traces.bits() != 0444 || !traces.whole() || !scan.digits(&stamp.digits)) return std::nullopt;
  if (scan.take(':') && !scan.host(&stamp.host)) return std::nullopt;
  if (!scan.take('\n') || !scan.done() || stamp.pid() == 0) return std::nullopt;
  return by("LockFile::Simple", "likely", stamp,
            "a stamp in mode 0444 is that of LockFile::Simple of Perl: " + number(stamp) +
                (stamp.host.empty() ? "" : on(stamp)));
}

// lockmail of maildrop: `pid:host`, without a newline.
std::optional<Footprint> lockmailFootprint(const Traces& traces) {
  Scan scan(traces.content);
  Stamp stamp;
  if (!traces.whole() || !scan.digits(&stamp.digits) || !scan.take(':') ||
      !scan.host(&stamp.host) || !scan.done() || stamp.pid() == 0)
    return std::nullopt;
  return by("lockmail", "likely", stamp,
            "'pid:host' without a newline is what lockmail writes: " + number(stamp) + on(stamp));
}

// HDB UUCP: the pid in ten columns and a newline (FHS, /var/lock).
std::optional<Footprint> uucpFootprint(const Traces& traces) {
  Scan scan(traces.content);
  Stamp stamp;
  std::string spaces;
  if (!traces.whole() || traces.content.size() != 11 || !scan.run(" ", 3, 9, &spaces) ||
      !scan.digits(&stamp.digits) || !scan.take('\n') || !scan.done() || stamp.pid() == 0)
    return std::nullopt;
  const std::string name = baseName(traces.path);
  std::string display;
  Scan x(name);
  const bool server = x.word(".X") && x.digits(&display) && x.word("-lock") && x.done();
  return by("uucp", server || startsWith(name, "LCK..") ? "sure" : "likely", stamp,
            "a pid in ten columns is the HDB UUCP format of serial lines and X servers: " +
                number(stamp));
}

// zc.lockfile of Python: written under a flock. The flock is the lock: the file stays.
std::optional<Footprint> zcLockfileFootprint(const Traces& traces) {
  Scan scan(traces.content);
  Stamp stamp;
  if (!traces.whole() || !scan.take(' ') || !scan.digits(&stamp.digits)) return std::nullopt;
  if (scan.take(' ') && !scan.host(&stamp.host)) return std::nullopt;
  if (!scan.take('\n') || !scan.done() || stamp.pid() == 0) return std::nullopt;
  Footprint out = by("zc.lockfile", "likely", stamp,
                     "a space and " + number(stamp) +
                         " is what zc.lockfile writes under a flock and leaves behind");
  out.leftover = true;
  return out;
}

// nightlyone/lockfile of Go: a temporary file of mode 0600, linked.
std::optional<Footprint> nightlyoneFootprint(const Traces& traces) {
  Scan scan(traces.content);
  Stamp stamp;
  if (!traces.whole() || traces.bits() != 0600 || !scan.digits(&stamp.digits) || !scan.take('\n') ||
      !scan.done() || stamp.pid() == 0)
    return std::nullopt;
  return by("nightlyone", "guess", stamp,
            number(stamp) +
                " in mode 0600, as nightlyone/lockfile of Go makes it, or any pid file under umask "
                "077");
}

// The most common shape of all, so it names a process and no program.
std::optional<Footprint> pidFileFootprint(const Traces& traces) {
  Scan scan(traces.content);
  Stamp stamp;
  if (!traces.whole() || !scan.digits(&stamp.digits)) return std::nullopt;
  const bool newline = scan.take('\n');
  if (!scan.done() || stamp.pid() == 0) return std::nullopt;
  const std::string candidates = newline
                                     ? "dotlockfile -p, lockfile-create -p or PIDLockFile of Python"
                                     : "dotlock.mailutils -p or PidFileLock of portalocker";
  return by("pid file", newline ? "likely" : "guess", stamp,
            "it names " + number(stamp) + ", as " + candidates + " does, and any daemon");
}

// File::NFSLock of Perl: a line `host pid time random` for each holder; mode 0601: shared.
std::optional<Footprint> nfslockFootprint(const Traces& traces) {
  if (!traces.whole() || traces.content.empty()) return std::nullopt;
  Scan scan(traces.content);
  std::vector<int> pids;
  std::string host, text;
  while (!scan.done()) {
    Stamp stamp;
    std::string time, random;
    if (!scan.host(&stamp.host) || !scan.take(' ') || !scan.digits(&stamp.digits) ||
        !scan.take(' ') || !scan.digits(&time, 1, 10) || !scan.take(' ') ||
        !scan.digits(&random, 1, 4) || !scan.take('\n') || stamp.pid() == 0)
      return std::nullopt;
    if (pids.empty()) host = stamp.host;
    text += (pids.empty() ? "" : ", ") + std::to_string(stamp.pid());
    pids.push_back(stamp.pid());
  }
  Footprint out;
  out.protocol = "File::NFSLock";
  out.certainty = traces.bits() == 0600 || traces.bits() == 0601 ? "sure" : "likely";
  out.text = "host, pid, time and a number are File::NFSLock's: pid " + text + " on '" + host + "'";
  if (pids.size() > 1) {
    out.pids = pids;
    return out;
  }
  out.pid = pids[0];
  out.host = host;
  out.pidDecides = true;
  return out;
}

// flufl.lock of Python: a claim file `PATH|HOST|PID|RANDOM` that contains its own name, linked to
// the path; age alone decides.
std::optional<Footprint> fluflFootprint(const Traces& traces) {
  Stamp stamp;
  std::string claim;
  bool linked = false;
  if (traces.nlink > 1 && traces.size > 0)
    for (const std::string& name : traces.otherLinks()) {
      if (!parseClaim(name, &stamp)) continue;
      linked = true;
      claim = name;
      break;
    }
  if (!linked) {
    if (!traces.whole()) return std::nullopt;
    std::string written = utf8OfLatin1(traces.content);
    while (!written.empty() && written.back() == '/') written.pop_back();
    claim = baseName(written);
    if (!parseClaim(claim, &stamp)) return std::nullopt;
  }
  if (stamp.pid() == 0) return std::nullopt;
  const std::string where = linked ? "its second link is" : "it contains the name of";
  Footprint out = by("flufl.lock", linked ? "sure" : "likely", stamp,
                     where + " a flufl.lock claim, '" + claim + "': " + number(stamp) + on(stamp));
  out.pidDecides = false;
  return out;
}

}  // namespace lockbridge
