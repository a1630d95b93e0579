#include "actions.h"

#include <algorithm>
#include <set>

#include "text.h"

namespace lockbridge {

namespace {

constexpr size_t kMostAsked = 3;

// Those that hold by a lock of their own, each process once.
std::vector<const Holder*> holdingByKernel(const Inspection& seen) {
  std::vector<const Holder*> out;
  std::set<int> known;
  for (const Holder& holder : seen.holders) {
    const bool first = known.insert(holder.process.pid).second;
    if (first && holder.role == Role::kHolds && seen.by == By::kKernel) out.push_back(&holder);
  }
  return out;
}

std::vector<std::string> runCommand(const std::string& path) {
  return {"lockbridge", "run", path, "--", "COMMAND"};
}

void held(const Inspection& seen, std::vector<Action>* out) {
  const std::string& path = seen.path;
  out->push_back({"wait", "wait until it is let go", {"lockbridge", "wait", path}, ""});
  const auto holding = holdingByKernel(seen);
  size_t asked = 0;
  for (const Holder* holder : holding)
    if (holder->sharedWith == 0 && asked++ < kMostAsked)
      out->push_back({"ask",
                      "ask " + processName(holder->process) + " to finish",
                      {},
                      "killing it ends its critical section half-way; a child that inherited the "
                      "lock keeps it"});
  if (!seen.unseen.empty())
    out->push_back(
        {"look", "run the same on the host as root: from there every process can be seen", {}, ""});
  const bool empty = std::any_of(seen.evidence.begin(), seen.evidence.end(),
                                 [](const Evidence& one) { return one.kind == "empty"; });
  if (seen.by == By::kUndecidable && empty) {
    out->push_back({"policy",
                    "if only kernel lockers (flock, lockf) use this path, say so: then it is "
                    "nobody’s",
                    {"lockbridge", "break", "--empty=free", path},
                    "an npm lockfile or bare O_EXCL lock looks the same and would be broken while "
                    "it is held"});
    out->push_back({"look",
                    "a watch that runs from before the locks are taken can tell the two apart",
                    {"lockbridge", "watch", path},
                    ""});
  }
  if (seen.by == By::kKernel && seen.protocol == "flock")
    out->push_back({"fix",
                    "in the script, take the lock with lockbridge instead of flock: existence "
                    "lockers then see it end",
                    runCommand(path), ""});
  if (seen.by == By::kExistence)
    out->push_back({"fix",
                    "in its program, take the lock with lockbridge: then it says who holds it, and "
                    "a crash leaves nothing that blocks",
                    runCommand(path), ""});
  if (seen.id.empty()) return;
  const Holder* who = !holding.empty()       ? holding[0]
                      : seen.holders.empty() ? nullptr
                                             : &seen.holders[0];
  const std::string name = who == nullptr ? "if its holder lives, it" : processName(who->process);
  out->push_back({"break",
                  "break this very lock, if you know better",
                  {"lockbridge", "break", "--force", "--id", seen.id, path},
                  name + " goes on without protection, beside whoever takes the lock next"});
}

// Those who hold by a lock of their own, and how many share one of theirs.
std::string holdersText(const std::vector<Holder>& holders) {
  const bool holds = std::any_of(holders.begin(), holders.end(),
                                 [](const Holder& one) { return one.role == Role::kHolds; });
  const Role shown = holds ? Role::kHolds : Role::kNamed;
  std::set<int> all, own;
  std::string names;
  for (const Holder& holder : holders) {
    if (holder.role != shown) continue;
    all.insert(holder.process.pid);
    if (holder.sharedWith != 0 || !own.insert(holder.process.pid).second) continue;
    names += (names.empty() ? "" : ", ") + processName(holder.process);
  }
  if (all.size() > own.size())
    names += " and " + std::to_string(all.size() - own.size()) + " that share it";
  return names;
}

std::string recordText(const Record& record) {
  return record.owner.value_or(record.host) + " pid " + numberText(record.pid) + " (" + record.cmd +
         ") since " + record.since + (record.reason.empty() ? "" : ": " + record.reason);
}

}  // namespace

std::vector<Action> actionsFor(const Inspection& seen) {
  std::vector<Action> out;
  for (const Holder& orphan : seen.orphans)
    if (orphan.sharedWith == 0)
      out.push_back({"ask",
                     "stop or restart " + processName(orphan.process) +
                         ": it believes that it holds this path, and protects nothing",
                     {},
                     ""});
  if (seen.verdict == Verdict::kHeld)
    held(seen, &out);
  else if (seen.verdict == Verdict::kFree)
    out.push_back({"nothing", "take it", runCommand(seen.path), ""});
  else
    out.push_back({"break",
                   "the next lockbridge adopts it; to unblock the others now, remove it",
                   {"lockbridge", "break", seen.path},
                   ""});
  return out;
}

std::string wayOut(const Inspection& seen) {
  if (seen.actions.empty()) return "";
  const Action* best = &seen.actions[0];
  for (size_t at = seen.actions.size(); at-- > 0;)
    if (std::string(seen.actions[at].kind) == "policy") best = &seen.actions[at];
  if (best->command.empty()) return best->text;
  std::string words;
  for (const std::string& word : best->command) words += (words.empty() ? "" : " ") + word;
  return best->text + ": `" + words + "`";
}

std::string processName(const ProcessInfo& process) {
  std::string out = "pid " + std::to_string(process.pid);
  if (!process.command.empty()) out += " (" + process.command + ")";
  if (!process.container) return out;
  const Container& in = *process.container;
  return out + " in container " + (in.name.empty() ? in.id.substr(0, 12) : in.name);
}

std::string describe(const Inspection& seen) {
  const std::string how =
      nameOf(seen.verdict) + (seen.by == By::kNone ? "" : std::string(", ") + nameOf(seen.by));
  std::string who = seen.record ? recordText(*seen.record) : holdersText(seen.holders);
  if (who.empty()) who = seen.evidence.empty() ? "unknown" : seen.evidence.back().text;
  const std::string what = !seen.protocol.empty() ? seen.protocol
                           : !seen.object.empty() ? seen.object
                                                  : "unknown";
  return "'" + validUtf8(seen.path) + "' is " + how + " [" + what + "]: " + who;
}

}  // namespace lockbridge
