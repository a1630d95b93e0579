#include "inspect.h"

#include <fcntl.h>

#include <climits>
#include <cstdlib>

#include "../probe.h"
#include "../sys.h"
#include "actions.h"
#include "holders.h"
#include "orphans.h"
#include "proc.h"
#include "since.h"
#include "text.h"
#include "unseen.h"
#include "verdict.h"

namespace lockbridge {

namespace {

// Out of descriptors or memory is our failure, not a fact about the lock.
bool isOurs(int error) { return error == -EMFILE || error == -ENFILE || error == -ENOMEM; }

Look lookAt(const std::string& path, const Policy& policy, Depth depth) {
  const bool pending = policy.origins != nullptr && policy.origins->pending(path);
  return look(path, pending ? Depth::kName : depth);
}

Failure failureOf(const std::string& path, const Look& look) {
  if (look.error < 0) return fromErrno(look.error, "lstat", path);
  if (isOurs(look.openError)) return fromErrno(look.openError, "open", path);
  return {};
}

Failure freeAnswer(const std::string& path, std::vector<Holder>&& orphans, Inspection* out) {
  struct statx st;
  const int there = statName(AT_FDCWD, split(path).dir.c_str(), &st);
  if (there < 0) return fromErrno(there, "lstat", path);
  *out = Inspection();
  out->path = path;
  out->orphans = std::move(orphans);
  out->evidence.push_back({"nothing", "nothing is at the path"});
  out->actions = actionsFor(*out);
  return {};
}

// The service that a lock directory belongs to: a balena-style supervisor keeps one for each below
// <root>/tmp/balena-supervisor/services/<appId>/<service>/.
void serviceOf(const std::string& path, Inspection* out) {
  std::string whole = path;
  char cwd[PATH_MAX];
  if (whole[0] != '/' && getcwd(cwd, sizeof cwd) != nullptr) whole = std::string(cwd) + '/' + whole;
  std::vector<std::string> parts;
  for (const std::string& part : splitAt(whole, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty())
      parts.pop_back();
  }
  const size_t size = parts.size();
  if (size < 5) return;
  const std::string& name = parts[size - 1];
  if (name != "updates.lock" && name != "resin-updates.lock") return;
  if (parts[size - 5] != "balena-supervisor" || parts[size - 4] != "services") return;
  out->app = parts[size - 3];
  out->service = parts[size - 2];
}

void answer(const std::string& path, const Look& look, Judgement&& judged,
            std::vector<Holder>&& kernel, Inspection* out) {
  out->path = path;
  out->verdict = judged.verdict;
  out->by = judged.by;
  out->protocol = judged.protocol;
  out->certainty = judged.certainty;
  out->object = judged.object;
  out->record = judged.record;
  out->evidence = std::move(judged.evidence);
  out->id = identityOf(look.st).text();
  out->holders = std::move(kernel);
  out->holders.insert(out->holders.end(), judged.named.begin(), judged.named.end());
  out->since = sinceOf(look, out->record, out->by, out->holders);
  out->changed = milliseconds(look.st.stx_ctime);
  serviceOf(path, out);
  out->actions = actionsFor(*out);
}

Context contextOf(const std::string& path, const Look& look, const Policy& policy, PidTable* pids) {
  Context context;
  context.path = path;
  context.emptyIsFree = policy.emptyIsFree;
  context.pids = pids;
  context.madeByKernelLocker =
      policy.origins != nullptr && policy.origins->byKernelLocker(path, identityOf(look.st).text());
  return context;
}

Failure brief(const std::string& path, const Look& look, const Policy& policy, bool underLock,
              Inspection* out) {
  if (look.error == -ENOENT) return freeAnswer(path, {}, out);
  if (Failure failure = failureOf(path, look)) return failure;
  PidTable pids;
  Processes processes(true);
  Context context = contextOf(path, look, policy, &pids);
  context.underLock = underLock;
  *out = Inspection();
  answer(path, look, judge(look, context), holdersOf(look.locks, {}, &processes), out);
  return {};
}

}  // namespace

Failure inspect(const std::string& path, const Policy& policy, Inspection* out,
                const Extent& extent) {
  const Look look = lookAt(path, policy, extent.waiters ? Depth::kContent : Depth::kBrief);
  // A lease was granted: nobody has the file open. Then only nameless files are looked for.
  const bool nobody = look.known == Known::kLease;
  const bool searched = look.error >= 0 && !nobody;
  std::vector<Identity> wanted;
  if (searched) wanted.push_back(identityOf(look.st));
  Openers openers;
  if (extent.orphans || searched) openers = openersOf(wanted, extent.orphans);
  std::vector<Opener> found;
  for (const Opener& opener : openers.found)
    if (opener.target == 0) found.push_back(opener);

  Processes processes;
  std::vector<Holder> orphans = orphansOf(path, openers.found, &processes);
  if (look.error == -ENOENT) return freeAnswer(path, std::move(orphans), out);
  if (Failure failure = failureOf(path, look)) return failure;
  PidTable pids;
  const View view(openers.hidden);
  Context context = contextOf(path, look, policy, &pids);
  context.openers = &found;
  context.complete = view.complete();
  Judgement judged = judge(look, context);
  std::vector<Holder> kernel = holdersOf(look.locks, found, &processes);
  bool holds = false;
  for (const Holder& holder : kernel) holds = holds || holder.role == Role::kHolds;
  *out = Inspection();
  out->orphans = std::move(orphans);
  if (!nobody && !holds) out->unseen = view.sentences(look, found.size());
  answer(path, look, std::move(judged), std::move(kernel), out);
  return {};
}

Failure glance(const std::string& path, const Policy& policy, Inspection* out) {
  return brief(path, lookAt(path, policy, Depth::kContent), policy, false, out);
}

Failure judgeHeld(const std::string& path, int fd, const Policy& policy, Inspection* out) {
  return brief(path, lookHeld(fd), policy, true, out);
}

const char* nameOf(Verdict verdict) {
  constexpr const char* kNames[] = {"free", "held", "stale", "residue"};
  return kNames[static_cast<int>(verdict)];
}

const char* nameOf(By by) {
  constexpr const char* kNames[] = {"", "kernel", "existence", "undecidable"};
  return kNames[static_cast<int>(by)];
}

const char* nameOf(Role role) {
  constexpr const char* kNames[] = {"holds", "waits", "named", "open"};
  return kNames[static_cast<int>(role)];
}

}  // namespace lockbridge
