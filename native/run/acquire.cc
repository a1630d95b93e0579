#include "acquire.h"

#include <fcntl.h>

#include <map>

#include "text.h"
#include "waiting.h"

namespace lockbridge {

namespace {

// Open until the process ends: closing an inotify descriptor takes 15 ms, which the command would
// wait for.
Events* theEvents() {
  static Events* const events = new Events();
  return events;
}

// Watches the path of the first blocker, if it is not yet.
Failure watchFirst(const Inspection& blocker, Wait* wait, std::string* watched) {
  if (*watched == blocker.path) return {};
  *watched = blocker.path;
  wait->forRecordLock = false;
  return wait->events->watch(blocker.path, true);
}

// Whether it is still what was seen: it may have gone before the watch began.
bool unchanged(const Inspection& seen) {
  struct statx st;
  return statName(AT_FDCWD, seen.path.c_str(), &st) == 0 && identityOf(st).text() == seen.id &&
         milliseconds(st.stx_ctime) == seen.changed;
}

// One round of waiting for it; the lock, if that could be kept. A kernel lock that has gone is
// simply granted.
Tried waitForFirst(const Inspection& blocker, const Taking& taking, bool keep, Wait* wait) {
  if (blocker.by != By::kKernel && !unchanged(blocker)) return {};
  return waitForChange(blocker, wait, keep ? &taking : nullptr);
}

}  // namespace

Failure acquireAll(std::vector<std::string> paths, const RecordHead& head,
                   const std::string& reason, bool emptyIsFree, const Patience& patience,
                   std::vector<Held>* held) {
  paths = sortedOnce(paths);
  Taking taking = {head, reason, {emptyIsFree, nullptr}};
  std::vector<Inspection> blockers;
  Failure failure = attemptAll(paths, taking, held, &blockers);
  if (failure || blockers.empty()) return failure;
  if (patience.seconds && *patience.seconds == 0) return contention("ERR_LOCK_HELD", blockers);

  const Deadline deadline(patience.seconds);
  Wait wait = {theEvents(), &deadline, &patience.mask};
  taking.policy.origins = wait.events;
  std::map<std::string, Announcer> announcers;
  std::string watched;
  for (;;) {
    // Before anybody is told: what comes and goes from then on leaves nothing undecidable.
    if ((failure = watchFirst(blockers[0], &wait, &watched))) return failure;
    for (const Inspection& blocker : blockers) announcers[blocker.path].announce(blocker);
    Tried tried = waitForFirst(blockers[0], taking, paths.size() == 1, &wait);
    if (tried.failure) return tried.failure;
    if (tried.held) {
      held->push_back(std::move(*tried.held));
      break;
    }
    if (deadline.passed()) return timedOut(blockers, taking.policy);
    failure = attemptAll(paths, taking, held, &blockers);
    if (failure) return failure;
    if (blockers.empty()) break;
  }
  wait.events->unwatch();
  return {};
}

Failure waitUntilFree(const std::vector<std::string>& paths, bool emptyIsFree,
                      const Patience& patience, std::vector<Inspection>* out) {
  const Deadline deadline(patience.seconds);
  const Policy blind = {emptyIsFree, nullptr};
  for (const std::string& path : paths) {
    Inspection seen;
    if (Failure failure = inspect(path, blind, &seen)) return failure;
    if (seen.verdict != Verdict::kHeld) {
      out->push_back(seen);
      continue;
    }
    Wait wait = {theEvents(), &deadline, &patience.mask};
    if (Failure failure = wait.events->watch(path, true)) return failure;
    const Policy policy = {emptyIsFree, wait.events};
    Announcer announcer;
    for (;;) {
      if (Failure failure = inspect(path, policy, &seen)) return failure;
      if (seen.verdict != Verdict::kHeld) break;
      announcer.announce(seen);
      if (deadline.passed()) return timedOut({seen}, policy);
      waitForChange(seen, &wait, nullptr);
    }
    out->push_back(seen);
  }
  return {};
}

void releaseAll(std::vector<Held>* held) {
  std::vector<std::string> left;
  for (Held& lock : *held) {
    const std::string path = lock.path;
    if (release(std::move(lock)) == kHandedOver) left.push_back(path);
  }
  held->clear();
  for (const std::string& path : left) sweep(path);
}

}  // namespace lockbridge
