#include "holders.h"

#include <algorithm>
#include <set>
#include <string>

namespace lockbridge {

namespace {

const char* sourceOf(const LockLine& line) {
  return line.kind == "POSIX" ? "posix" : line.kind == "OFDLCK" ? "ofd" : "flock";
}

Holder holder(const ProcessInfo& process, Role role, const LockLine& line, bool alive) {
  Holder out;
  out.process = process;
  out.role = role;
  out.source = sourceOf(line);
  out.mode = line.write ? "exclusive" : "shared";
  if (line.from != "0" || line.to != "EOF") out.range = line.from + "-" + line.to;
  out.alive = alive;
  return out;
}

struct First {
  const Opener* opener;
  const LockLine* line;
};

// Where kcmp(2) cannot tell (one is just exiting, belongs to somebody else, or the kernel has
// none), an exclusive lock tells: there is one such lock on a file, so whoever shows it shares its
// description.
bool areOne(const Opener& a, const Opener& b, const LockLine& line) {
  const int told = sameDescription(a.pid, a.fd, b.pid, b.fd);
  return told < 0 ? line.write : told == 1;
}

// Of those who took this very lock before, the one that it is shared with; 0 if it is its own.
int sharedWith(const std::vector<First>& first, const Opener& opener, const LockLine& line) {
  if (line.kind == "POSIX") return 0;  // it belongs to the process, whatever that shares
  for (const First& other : first) {
    const LockLine& l = *other.line;
    if (l.kind == line.kind && l.write == line.write && l.from == line.from && l.to == line.to &&
        other.opener->pid != opener.pid && areOne(opener, *other.opener, line))
      return other.opener->pid;
  }
  return 0;
}

std::vector<Holder> byDescriptors(const std::vector<const Opener*>& openers, Processes* processes) {
  std::vector<Holder> holders;
  std::vector<First> first;
  std::set<std::string> shown;
  for (const Opener* opener : openers)
    for (const LockLine& line : opener->locks) {
      if (!shown.insert(std::to_string(opener->pid) + ' ' + line.kind + ' ' + line.from).second)
        continue;
      const int other = sharedWith(first, *opener, line);
      if (other == 0) first.push_back({opener, &line});
      holders.push_back(holder(processes->info(opener->pid), Role::kHolds, line, true));
      holders.back().sharedWith = other;
    }
  return holders;
}

}  // namespace

std::vector<Holder> holdersOf(const std::vector<LockLine>& locks,
                              const std::vector<Opener>& openers, Processes* processes) {
  // The process whose number the lock bears comes first: it took the lock, the others inherited it.
  std::vector<const Opener*> byTaker;
  for (const bool taker : {true, false})
    for (const Opener& opener : openers)
      if (taker == (!opener.locks.empty() && opener.locks[0].pid == opener.pid))
        byTaker.push_back(&opener);
  std::vector<Holder> holders = byDescriptors(byTaker, processes);
  std::set<int> known;
  for (const Holder& one : holders) known.insert(one.process.pid);
  std::vector<Holder> waiting;
  for (const LockLine& line : locks) {
    if (line.pid <= 0) continue;  // -1: an OFD lock has no pid; 0: outside this pid namespace
    // A lock whose taker exited is held by those that inherited it: they are listed already.
    const std::string source = sourceOf(line);
    const bool listed = std::any_of(holders.begin(), holders.end(),
                                    [&](const Holder& one) { return source == one.source; });
    if (!line.waiting && (listed || known.count(line.pid) > 0)) continue;
    known.insert(line.pid);
    const ProcessInfo& info = processes->info(line.pid);
    // One who took a flock may have exited and left it behind.
    (line.waiting ? waiting : holders)
        .push_back(
            holder(info, line.waiting ? Role::kWaits : Role::kHolds, line, !info.command.empty()));
  }
  for (Holder& one : waiting) holders.push_back(std::move(one));
  for (const Opener& opener : openers) {
    if (!known.insert(opener.pid).second) continue;
    Holder open;
    open.process = processes->info(opener.pid);
    open.role = Role::kOpen;
    open.source = "descriptor";
    open.alive = true;
    holders.push_back(open);
  }
  return holders;
}

}  // namespace lockbridge
