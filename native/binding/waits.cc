// Waiting for a lock: the answer of a thread becomes a call of JavaScript.


#include <cerrno>
#include <optional>

#include "../claim.h"
#include "doors.h"
#include "environment.h"

namespace lockbridge {

namespace {

// So many waits for a name may keep a descriptor; the file of any other is made when the name goes.
constexpr size_t kMostPrepared = 64;

Answer fetch(Wait* wait) {
  if (wait->waiter) return wait->waiter->fetch();
  const std::lock_guard<std::mutex> made(wait->name->made);
  return std::move(wait->name->answer);
}

void finishWait(Napi::Env env, State& state, int id) {
  const auto found = state.waits.find(id);
  if (found == state.waits.end()) return;
  Wait wait = std::move(found->second);
  state.waits.erase(found);
  holdLoop(env, state);
  Answer answer = fetch(&wait);
  state.answered = std::move(wait.waiter);
  if (state.watcher && wait.wd >= 0 && answer.result != kTaken) state.watcher->restore(wait.wd);
  const double packed = answer.result > 0 ? keep(state, std::move(answer.held)) : 0;
  callQuietly(env, wait.done,
              {Napi::Number::New(env, answer.result), Napi::Number::New(env, packed),
               Napi::String::New(env, answer.record)});
}

// (…birth, what comes behind the time, when it was judged free or -1), from argument `at` on.
Claim claimOf(Info info, std::string path, size_t at) {
  Claim claim;
  claim.path = std::move(path);
  claim.birth = birth(info, at);
  claim.end = text(info[at + 5]);
  claim.freeSince = info[at + 6].As<Napi::Number>().DoubleValue();
  return claim;
}

std::function<void()> teller(State& state, int id) {
  return [&state, id] {
    state.calls.NonBlockingCall(
        [&state, id](Napi::Env env, Napi::Function) { finishWait(env, state, id); });
  };
}

// Not by `state.watcher`, which is empty already while the watcher waits for its thread to end.
std::function<void()> hushing(State& state, int wd) {
  return [watcher = state.watcher.get(), wd] { watcher->hush(wd); };
}

// (path, done, nothing, or watch descriptor and …claim).
// A descriptor that only waits: not in the table of locks, because what is in there at the end is
// released, and this may be somebody else's.
Napi::Value StartWait(Info info) {
  State& s = state(info);
  Held candidate;
  const int opened = waitOpen(text(info[0]), &candidate);
  if (opened < 0) return number(info, opened);
  std::optional<Claim> claim;
  const int wd = info.Length() > 2 && s.watcher ? integer(info[2]) : -1;
  if (wd >= 0) {
    claim = claimOf(info, candidate.path, 3);
    claim->deciding = hushing(s, wd);
  }
  readyCalls(info.Env(), s);
  const int id = s.nextWait++;
  Wait& wait = s.waits[id];
  wait.wd = wd;
  holdLoop(info.Env(), s);
  wait.waiter = std::make_unique<Waiter>(std::move(candidate), std::move(claim), teller(s, id));
  wait.done = Napi::Persistent(info[1].As<Napi::Function>());
  const int started = wait.waiter->start();
  if (started < 0) {
    s.waits.erase(id);
    holdLoop(info.Env(), s);
    return number(info, started);
  }
  return number(info, id);
}

// (path, done, watch descriptor, …claim): takes the name when it goes.
Napi::Value ExpectName(Info info) {
  State& s = state(info);
  if (!s.watcher) return number(info, -EBADF);
  std::string path = text(info[0]);
  const std::string name = nameOf(path);
  const int id = s.nextWait++;
  const int wd = integer(info[2]);
  auto claim = std::make_shared<NameClaim>(claimOf(info, std::move(path), 3));
  claim->claim.deciding = hushing(s, wd);
  if (s.waits.size() < kMostPrepared) prepareClaim(&claim->claim);
  const int expectation = s.watcher->expect(wd, name, [claim, tell = teller(s, id)] {
    const std::lock_guard<std::mutex> making(claim->made);
    if (claim->over) return;
    tell();
    claim->answer.result = claimName(&claim->claim, &claim->answer.held);
    claim->answer.record = claim->claim.birth.record;
  });
  if (expectation < 0) return number(info, expectation);
  Wait& wait = s.waits[id];
  wait.name = std::move(claim);
  wait.wd = wd;
  wait.expectation = expectation;
  wait.done = Napi::Persistent(info[1].As<Napi::Function>());
  holdLoop(info.Env(), s);
  return number(info, id);
}

// Ends a wait; its callback still comes, with -ECANCELED, or with what it took if that was faster.
void CancelWait(Info info) {
  State& s = state(info);
  const int id = integer(info[0]);
  const auto found = s.waits.find(id);
  if (found == s.waits.end()) return;
  Wait& wait = found->second;
  if (wait.waiter) return wait.waiter->cancel();
  if (!s.watcher->withdraw(wait.wd, wait.expectation)) return;
  wait.name->answer.result = -ECANCELED;
  teller(s, id)();
}

// A wait that lasts: a file without a name keeps its filesystem from being unmounted.
void Unprepare(Info info) {
  const auto found = state(info).waits.find(integer(info[0]));
  if (found == state(info).waits.end() || !found->second.name) return;
  const std::lock_guard<std::mutex> made(found->second.name->made);
  found->second.name->claim.prepared = Held();
}

// The process is about to end: for JavaScript no wait comes to anything any more, so what was taken
// for one is released, and nothing else is taken.
void EndWaits(Info info) {
  State& s = state(info);
  for (auto& [id, wait] : s.waits) {
    Answer last;
    if (wait.waiter) {
      wait.waiter->cancel();
      last = wait.waiter->fetch();
    } else {
      s.watcher->withdraw(wait.wd, wait.expectation);
      const std::lock_guard<std::mutex> made(wait.name->made);
      wait.name->over = true;
      last = std::move(wait.name->answer);
      wait.name->answer.result = -ECANCELED;
    }
    if (last.result == kTaken) release(std::move(last.held));
    teller(s, id)();
  }
}

}  // namespace

void defineWaits(Napi::Object* exports) {
  define(exports, "startWait", StartWait);
  define(exports, "expectName", ExpectName);
  define(exports, "cancelWait", CancelWait);
  define(exports, "unprepare", Unprepare);
  define(exports, "endWaits", EndWaits);
}

}  // namespace lockbridge
