#include "taking.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

namespace lockbridge {

namespace {

bool isContention(int result) { return result == -EEXIST || result == -EWOULDBLOCK; }

Tried failed(Failure&& failure) { return {std::move(failure), {}, {}}; }
Tried blocked(Inspection&& blocker) { return {{}, {}, std::move(blocker)}; }
Tried got(Held&& held) { return {{}, std::move(held), {}}; }

// A lock that only its refusal shows: just taken, or by a process outside this pid namespace.
Inspection refusedTo(Inspection&& seen) {
  seen.evidence.push_back(
      {"refused",
       "its kernel lock was refused to us, although none shows: its holder is not visible here"});
  seen.verdict = Verdict::kHeld;
  seen.by = By::kKernel;
  return std::move(seen);
}

// Nobody's, but not ours to write either: it blocks us until its owner or a sweeper removes it.
Inspection notOurs(Inspection&& seen) {
  seen.evidence.push_back(
      {"permission",
       "this user may not write to it; its owner, root or `lockbridge break` can take it"});
  return std::move(seen);
}

// Judges the file at `path` and adopts it, as often as it changes under our eyes.
Tried takeOver(const std::string& path, const Taking& taking) {
  for (;;) {
    Inspection seen;
    if (Failure failure = glance(path, taking.policy, &seen)) return failed(std::move(failure));
    if (seen.verdict == Verdict::kHeld) return blocked(std::move(seen));
    Held held;
    if (seen.verdict == Verdict::kFree) {
      const int made = create(path, taking.birth(), &held);
      if (made == 0) return got(std::move(held));
      if (!isContention(made)) return failed(fromErrno(made, failedCall, path));
      continue;
    }
    const int opened = adoptOpen(path, &held);
    if (opened == -ESTALE || opened == -EWOULDBLOCK) continue;
    if (opened == -EACCES || opened == -EPERM) return blocked(notOurs(std::move(seen)));
    if (opened < 0) return failed(fromErrno(opened, failedCall, path));
    bool refused = false;
    Tried tried = adopt(std::move(held), taking, &refused);
    if (refused) return blocked(refusedTo(std::move(seen)));
    if (tried.failure || tried.held || tried.blocker) return tried;
  }
}

void releaseAll(std::vector<std::optional<Held>>* locks) {
  for (auto& lock : *locks)
    if (lock) release(std::move(*lock));
}

bool isTaken(const std::string& path) {
  struct statx st;
  return statName(AT_FDCWD, path.c_str(), &st) == 0;
}

// Everything that is still missing is created, or nothing is; `taken`: those whose name is. Of
// many, nothing is even made for a moment where one is seen to be taken.
Failure createAll(const std::vector<std::string>& paths, const Taking& taking,
                  std::vector<std::optional<Held>>* locks, std::vector<size_t>* taken) {
  for (size_t at = 0; paths.size() > 1 && at < paths.size(); at++)
    if (!(*locks)[at] && isTaken(paths[at])) taken->push_back(at);
  if (!taken->empty()) return {};
  std::vector<std::optional<Held>> fresh(paths.size());
  Failure failure;
  const Birth birth = taking.birth();
  for (size_t at = 0; at < paths.size() && !failure; at++) {
    if ((*locks)[at]) continue;
    Held held;
    const int made = create(paths[at], birth, &held);
    if (made == 0)
      fresh[at] = std::move(held);
    else if (isContention(made))
      taken->push_back(at);
    else
      failure = fromErrno(made, failedCall, paths[at]);
  }
  if (failure || !taken->empty()) {
    releaseAll(&fresh);
    return failure;
  }
  for (size_t at = 0; at < paths.size(); at++)
    if (fresh[at]) (*locks)[at] = std::move(fresh[at]);
  return {};
}

}  // namespace

Birth Taking::birth() const {
  Birth birth;
  birth.record = head.record(reason);
  birth.aheadSeconds = kAheadSeconds;
  return birth;
}

Tried attempt(const std::string& path, const Taking& taking) {
  Held held;
  const int made = create(path, taking.birth(), &held);
  if (made == 0) return got(std::move(held));
  if (!isContention(made)) return failed(fromErrno(made, failedCall, path));
  return takeOver(path, taking);
}

Tried adopt(Held&& candidate, const Taking& taking, bool* refused) {
  Held held = std::move(candidate);  // closed on every way out but one
  const int locked = adoptLock(&held);
  *refused = locked == -EWOULDBLOCK;
  if (locked == -ESTALE || *refused) return {};
  if (locked < 0) return failed(fromErrno(locked, failedCall, held.path));
  Inspection seen;
  if (Failure failure = judgeHeld(held.path, held.fd.get(), taking.policy, &seen))
    return failed(std::move(failure));
  if (seen.verdict == Verdict::kHeld) return blocked(std::move(seen));
  const int done = adoptCommit(&held, taking.birth());
  if (done == -ESTALE) return {};
  if (done < 0) return failed(fromErrno(done, failedCall, held.path));
  return got(std::move(held));
}

Failure attemptAll(const std::vector<std::string>& paths, const Taking& taking,
                   std::vector<Held>* held, std::vector<Inspection>* blockers) {
  std::vector<std::optional<Held>> locks(paths.size());
  blockers->clear();
  for (;;) {
    std::vector<size_t> taken;
    Failure failure = createAll(paths, taking, &locks, &taken);
    if (!failure && taken.empty()) break;
    for (const size_t at : taken) {
      if (failure) break;
      Tried tried = takeOver(paths[at], taking);
      failure = std::move(tried.failure);
      if (tried.held) locks[at] = std::move(tried.held);
      if (tried.blocker) blockers->push_back(std::move(*tried.blocker));
    }
    if (!failure && blockers->empty()) continue;
    releaseAll(&locks);
    return failure;
  }
  for (auto& lock : locks) held->push_back(std::move(*lock));
  return {};
}

Failure checkPath(const std::string& path) {
  if (path.empty()) return invalid("path", "a file name", path);
  const std::string name = nameOf(path);
  if (name.empty() || name == "." || name == "..")
    return invalid("path", "the name of a file, not of a directory", path);
  return {};
}

}  // namespace lockbridge
