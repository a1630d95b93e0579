// Taking, adopting, replacing, keeping and releasing locks.

#include <fcntl.h>


#include "../lockfile.h"
#include "../probe.h"
#include "doors.h"
#include "environment.h"

namespace lockbridge {

namespace {

Napi::Value Acquire(Info info) {
  Held lock;
  const int done = create(text(info[0]), birth(info, 1), &lock);
  return number(info, done < 0 ? done : keep(state(info), std::move(lock)));
}

// (path, …birth, the identity that is to be replaced or '' for whatever is there, its mtime)
Napi::Value Replace(Info info) {
  Held lock;
  Judged expected;
  const std::string id = text(info[6]);
  if (!id.empty() && !Identity::parse(id, &expected.id)) return number(info, -EINVAL);
  expected.modified = info[7].As<Napi::Number>().DoubleValue();
  const int done = replace(text(info[0]), birth(info, 1), id.empty() ? nullptr : &expected, &lock);
  return number(info, done < 0 ? done : keep(state(info), std::move(lock)));
}

// All or nothing. All are looked at before one is taken, and after the first that fails the others
// are only looked at: nobody meets a lock there that is given back at once, and of several that
// take the same paths in the same order the one with the first gets all. Every blocker is named: on
// failure the result has -errno where a path failed or is taken, and 0 elsewhere.
Napi::Value AcquireAll(Info info) {
  const std::vector<std::string> names = apart(text(info[0]));
  const Birth b = birth(info, 1);
  std::vector<Held> locks(names.size());
  std::vector<int> results(names.size());
  const auto look = [&](size_t i) {
    struct statx st;
    results[i] = statName(AT_FDCWD, names[i].c_str(), &st) == 0 ? -EEXIST : 0;
    return results[i] < 0;
  };
  bool failed = false;
  for (size_t i = 0; names.size() > 1 && i < names.size(); i++) failed = look(i) || failed;
  const bool taken = failed;
  const char* failure = failedCall;
  for (size_t i = 0; !taken && i < names.size(); i++) {
    if (failed) {
      look(i);
    } else {
      failed = (results[i] = create(names[i], b, &locks[i], i > 0 ? &locks[i - 1] : nullptr)) < 0;
      failure = failedCall;
    }
  }
  for (size_t i = 0; i < names.size(); i++) {
    if (results[i] < 0) continue;
    if (!failed)
      results[i] = keep(state(info), std::move(locks[i]));
    else if (locks[i].fd.ok())
      release(std::move(locks[i]));
  }
  failedCall = failure;
  return integers(info.Env(), results);
}

// The call of this thread that failed last: ask before the next one is made.
Napi::Value FailedCall(Info info) { return Napi::String::New(info.Env(), failedCall); }

Napi::Value AdoptOpen(Info info) {
  Held lock;
  const int done = adoptOpen(text(info[0]), &lock);
  return number(info, done < 0 ? done : keep(state(info), std::move(lock)) / 8);
}

// -errno, or the mechanisms, and 8 where nothing is left to judge: see surelyOurs.
Napi::Value AdoptLock(Info info) {
  Held* lock = find(info, integer(info[0]));
  if (lock == nullptr) return number(info, -EBADF);
  const int done = adoptLock(lock);
  if (done < 0) return number(info, done);
  return number(info, lock->mechanisms | (surelyOurs(lock->fd.get()) ? 8 : 0));
}

Napi::Value AdoptCommit(Info info) {
  Held* lock = find(info, integer(info[0]));
  if (lock == nullptr) return number(info, -EBADF);
  return number(info, adoptCommit(lock, birth(info, 1)));
}

// The lock of this descriptor, no longer ours to keep; without a descriptor if it is none of ours.
Held fetch(State& state, int fd) {
  const auto found = state.held.find(fd);
  if (found == state.held.end()) return {};
  Held lock = std::move(found->second);
  state.held.erase(found);
  return lock;
}

Napi::Value Release(Info info) {
  Held lock = fetch(state(info), integer(info[0]));
  return number(info, lock.fd.ok() ? release(std::move(lock)) : -EBADF);
}

Napi::Value ReleaseAll(Info info) {
  const std::vector<int> fds = integers(info[0]);
  std::vector<Held> locks;
  locks.reserve(fds.size());
  for (const int fd : fds) locks.push_back(fetch(state(info), fd));
  return integers(info.Env(), releaseTogether(std::move(locks)));
}

// Closes without touching the name: a candidate that was not adopted.
Napi::Value Drop(Info info) {
  return number(info, state(info).held.erase(integer(info[0])) == 1 ? 0 : -EBADF);
}

Napi::Value Sweep(Info info) { return number(info, sweep(text(info[0]))); }

Napi::Value Beat(Info info) {
  Held* lock = find(info, integer(info[0]));
  return number(info, lock == nullptr ? -EBADF : beat(lock->fd.get(), integer(info[1])));
}

Napi::Value StillNames(Info info) {
  Held* lock = find(info, integer(info[0]));
  return number(info, lock == nullptr ? -EBADF : stillNames(*lock));
}

// Writes the record anew if a peer truncated or overwrote it: 1 rewritten, 0 intact.
Napi::Value Restore(Info info) {
  Held* lock = find(info, integer(info[0]));
  if (lock == nullptr) return number(info, -EBADF);
  const std::string record = text(info[1]);
  if (lookHeld(lock->fd.get()).content == record) return number(info, 0);
  const int done = writeRecord(lock->fd.get(), record);
  return number(info, done < 0 ? done : 1);
}

}  // namespace

void defineLocks(Napi::Object* exports) {
  define(exports, "acquire", Acquire);
  define(exports, "acquireAll", AcquireAll);
  define(exports, "failedCall", FailedCall);
  define(exports, "replace", Replace);
  define(exports, "adoptOpen", AdoptOpen);
  define(exports, "adoptLock", AdoptLock);
  define(exports, "adoptCommit", AdoptCommit);
  define(exports, "release", Release);
  define(exports, "releaseAll", ReleaseAll);
  define(exports, "drop", Drop);
  define(exports, "sweep", Sweep);
  define(exports, "beat", Beat);
  define(exports, "stillNames", StillNames);
  define(exports, "restore", Restore);
}

}  // namespace lockbridge
