#include "breaking.h"

#include <cerrno>

#include "../probe.h"
#include "acquire.h"
#include "actions.h"
#include "mounts.h"
#include "proc.h"

namespace lockbridge {

namespace {

Failure changed(const std::string& path, const Inspection& now) {
  const std::string what = now.verdict == Verdict::kFree ? "'" + path + "' is free" : describe(now);
  return {kConflict,
          "ERR_LOCK_CHANGED",
          "not broken: that lock is gone, " + what + "; look again with `lockbridge explain " +
              path + "`",
          {now}};
}

Failure changedSince(const std::string& path, const Policy& policy) {
  Inspection now;
  if (Failure failure = inspect(path, policy, &now)) return failure;
  return changed(path, now);
}

// Whether what is at the path is the lock of a supervisor that lives: a claim (the Helios tag, the
// role in a record) counts only with a kernel lock on the file, and not from an app, which is told
// by its mounts: its supervisor gives it the lock directory itself. Not told: an app without a
// mount of its own, and a holder out of sight. Both pass for a supervisor: to wait is the lesser
// harm.
bool heldBySupervisor(const Inspection& seen) {
  const bool claims = seen.protocol == "helios" || (seen.record && seen.record->supervisor);
  if (seen.by != By::kKernel || !claims) return false;
  const auto place = placeOf(dirOf(seen.path));
  if (!place) return true;
  for (const Holder& holder : seen.holders) {
    if (holder.role != Role::kHolds) continue;
    for (const Mount& mount : mountsOf(std::to_string(holder.process.pid)))
      if (mount.device == place->device && mount.root == place->path) return false;
  }
  return true;
}

// The file as it was judged, if it still is: whoever adopts it keeps its id, but not its record.
// What is written after this look changes the mtime, which is compared last.
std::optional<Judged> judgedAs(const Inspection& seen, const std::string& id) {
  Judged judged;
  const Look now = look(seen.path, Depth::kContent);
  if (now.error < 0 || !Identity::parse(id, &judged.id)) return std::nullopt;
  if (identityOf(now.st) != judged.id) return std::nullopt;
  Record record;
  const bool has = parseRecord(now.content, &record) == Parsed::kRecord;
  if (has != seen.record.has_value() || (has && !(record == *seen.record))) return std::nullopt;
  judged.modified = milliseconds(now.st.stx_mtime);
  return judged;
}

void letGo(Held&& held) {
  std::vector<Held> all;
  all.push_back(std::move(held));
  releaseAll(&all);
}

// Our lock over what `seen` describes, with `id` over that very object or nothing; then let go.
Failure replaceIt(const Inspection& seen, const std::optional<std::string>& id,
                  const Taking& taking) {
  const std::string& path = seen.path;
  std::optional<Judged> judged;
  if (id && !(judged = judgedAs(seen, *id))) return changedSince(path, taking.policy);
  Held held;
  const int done = replace(path, taking.birth(), judged ? &*judged : nullptr, &held);
  if (done == -ESTALE) return changedSince(path, taking.policy);
  if (done == -EWOULDBLOCK)
    return {kConflict,
            "ERR_LOCK_HELD",
            "not broken: somebody locks its directory: " + describe(seen),
            {seen}};
  if (done < 0) return fromErrno(done, failedCall, path);
  letGo(std::move(held));
  return {};
}

Failure checkId(const std::string& id) {
  Identity parsed;
  const bool is = id.find_first_not_of("0123456789abcdef:@.-") == std::string::npos &&
                  Identity::parse(id, &parsed);
  if (is) return {};
  return invalid("id", "as `lockbridge explain` shows it", id);
}

}  // namespace

Failure breakLock(const std::string& path, const std::optional<std::string>& id, bool force,
                  const Taking& taking, Inspection* before) {
  if (Failure failure = inspect(path, taking.policy, before)) return failure;
  if (id)
    if (Failure failure = checkId(*id)) return failure;
  if (id && before->id != *id) return changed(path, *before);
  if (before->verdict == Verdict::kFree) return {};
  Tried tried = attempt(path, taking);
  if (tried.failure) return tried.failure;
  if (tried.held) {
    letGo(std::move(*tried.held));
    return {};
  }
  if (!force) return contention("ERR_LOCK_HELD", {*tried.blocker});
  Inspection now;
  if (Failure failure = inspect(path, taking.policy, &now)) return failure;
  if (now.verdict != Verdict::kHeld || now.id != tried.blocker->id) now = *tried.blocker;
  if (heldBySupervisor(now))
    return {kConflict,
            "ERR_LOCK_HELD",
            std::string("not broken: a live ") +
                (now.protocol == "helios" ? "Helios" : "lockbridge") +
                " supervisor holds it: " + describe(now) + "; end its operation instead",
            {now}};
  return replaceIt(now, id, taking);
}

}  // namespace lockbridge
