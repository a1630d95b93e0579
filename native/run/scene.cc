#include "scene.h"

#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <utility>

#include "../crew.h"
#include "holders.h"
#include "since.h"
#include "text.h"
#include "verdict.h"

namespace lockbridge {

namespace {

constexpr char kServicesOf[] = "balena-supervisor";

// Out of descriptors or memory is our failure, not a fact about the lock.
bool isOurs(int error) { return error == -EMFILE || error == -ENFILE || error == -ENOMEM; }

Failure failureOf(const std::string& path, const Look& look) {
  if (look.error < 0) return fromErrno(look.error, "lstat", path);
  if (isOurs(look.openError)) return fromErrno(look.openError, "open", path);
  return {};
}

Failure freeAnswer(const std::string& path, Inspection* out) {
  struct statx st;
  const int there = statName(AT_FDCWD, dirOf(path).c_str(), &st);
  if (there < 0) return fromErrno(there, "lstat", path);
  out->evidence.push_back({"nothing", "nothing is at the path"});
  return {};
}

// The service that a lock directory belongs to: a balena-style supervisor keeps one for each below
// <root>/tmp/balena-supervisor/services/<appId>/<service>/.
void serviceOf(const std::string& path, Inspection* out) {
  // Most lie elsewhere, and to take a path apart costs more than all else here.
  if (path[0] == '/' && path.find(kServicesOf) == std::string::npos) return;
  std::string whole = path;
  char cwd[PATH_MAX];
  if (whole[0] != '/' && getcwd(cwd, sizeof cwd) != nullptr) whole = std::string(cwd) + '/' + whole;
  const std::vector<std::string> parts = partsOf(whole);
  const size_t size = parts.size();
  if (size < 5) return;
  const std::string& name = parts[size - 1];
  if (name != "updates.lock" && name != "resin-updates.lock") return;
  if (parts[size - 5] != kServicesOf || parts[size - 4] != "services") return;
  out->app = parts[size - 3];
  out->service = parts[size - 2];
}

void answer(const Look& look, Judgement&& judged, std::vector<Holder>&& kernel, Inspection* out) {
  out->verdict = judged.verdict;
  out->by = judged.by;
  out->protocol = std::move(judged.protocol);
  out->certainty = std::move(judged.certainty);
  out->object = std::move(judged.object);
  out->record = std::move(judged.record);
  out->evidence = std::move(judged.evidence);
  out->id = identityOf(look.st).text();
  out->holders = std::move(kernel);
  for (Holder& one : judged.named) out->holders.push_back(std::move(one));
  out->since = sinceOf(look, out->record, out->by, out->holders);
  out->changed = milliseconds(look.st.stx_ctime);
  serviceOf(out->path, out);
}

}  // namespace

void Scene::search(const std::vector<Identity>& open, bool nameless) {
  const Openers openers = openersOf(open, nameless, divide);
  view_.emplace(openers.hidden);
  for (const Opener& opener : openers.found)
    if (opener.target >= 0)
      found_[open[static_cast<size_t>(opener.target)].text()].push_back(opener);
  orphans_.take(openers.found);
}

Failure Scene::judge(const std::string& path, const Look& look, Inspection* out) {
  *out = Inspection();
  out->path = path;
  out->orphans = orphans_.of(path, &processes_);
  if (look.error == -ENOENT) return freeAnswer(path, out);
  if (Failure failure = failureOf(path, look)) return failure;

  const bool unused = look.known == Known::kLease;
  const auto known = unused ? found_.end() : found_.find(identityOf(look.st).text());
  const std::vector<Opener>& found = known == found_.end() ? nobody_ : known->second;
  Context context;
  context.path = path;
  context.emptyIsFree = policy_.emptyIsFree;
  context.pids = &pids_;
  context.madeByKernelLocker = policy_.origins != nullptr &&
                               policy_.origins->byKernelLocker(path, identityOf(look.st).text());
  context.underLock = underLock_;
  if (!brief_) context.openers = &found;
  context.complete = view_ && view_->complete();
  Judgement judged = lockbridge::judge(look, context);
  std::vector<Holder> kernel = holdersOf(look.locks, found, &processes_);
  bool holds = false;
  for (const Holder& holder : kernel) holds = holds || holder.role == Role::kHolds;
  if (view_ && !unused && !holds) out->unseen = view_->sentences(look, found.size());
  answer(look, std::move(judged), std::move(kernel), out);
  return {};
}

}  // namespace lockbridge
