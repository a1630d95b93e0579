// The door to JavaScript: check arguments, call, return. The only file that knows N-API.
//
// Numbers cross as numbers: a result >= 0 is a value, a result < 0 is -errno. Nothing here throws,
// because an exception costs eleven times a returned number; TypeScript builds the errors.
// State is per environment (worker threads load the addon once each), never global.
//
// A worker may be terminated while it is in here, and then nothing can be thrown any more: where
// N-API refuses a call for that, the build has node-addon-api go on instead of ending the process.

#include <fcntl.h>
#include <napi.h>
#include <sys/file.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "crew.h"
#include "enter.h"
#include "exits.h"
#include "lockfile.h"
#include "looks.h"
#include "loop_poll.h"
#include "probe.h"
#include "traits.h"
#include "waiter.h"
#include "walk.h"
#include "watcher.h"

namespace lockbridge {
namespace {

using Info = const Napi::CallbackInfo&;

// So many waits for a name may keep a descriptor; the file of any other is made when the name goes.
constexpr size_t kMostPrepared = 64;

// A claim that the watcher's thread makes when a name goes; JavaScript's thread fetches the answer.
struct NameClaim {
  explicit NameClaim(Claim&& how) : claim(std::move(how)) {}
  ~NameClaim() {
    if (answer.result == kTaken) release(std::move(answer.held));
  }
  Claim claim;
  std::mutex made;    // held while it is made
  bool over = false;  // it is not to be made any more
  Answer answer;
};

// One wait: for the kernel locks of a file, on a thread of its own, or for a name to go.
struct Wait {
  std::unique_ptr<Waiter> waiter;
  std::shared_ptr<NameClaim> name;
  int wd = -1;
  int expectation = 0;
  Napi::FunctionReference done;
};

// Everything one environment holds. Torn down before its thread-safe function is, so that no thread
// of ours calls into a dead environment; what was still held is then released.
struct State {
  std::unordered_map<int, Held> held;
  std::unordered_map<int, Wait> waits;
  // Its thread has answered and may not have ended: joined by the next one, because whoever waited
  // is to be told first.
  std::unique_ptr<Waiter> answered;
  std::unordered_map<int, Napi::FunctionReference> exits;
  std::unique_ptr<ExitWatcher> exitWatcher;
  std::unique_ptr<Watcher> watcher;
  LoopPoll* poll =
      nullptr;  // of the watcher's descriptor, while somebody waits; ends with the environment
  Napi::FunctionReference events;
  Napi::ThreadSafeFunction calls;
  bool callsReady = false;
  int nextWait = 1;
  int nextExit = 1;

  void tearDown() {
    waits.clear();
    answered.reset();
    exitWatcher.reset();
    exits.clear();
    watcher.reset();
    for (auto& [fd, lock] : held) release(std::move(lock));
    held.clear();
    if (callsReady) calls.Abort();
    callsReady = false;
  }
};

State& state(Info info) { return *info.Env().GetInstanceData<State>(); }

Napi::Value number(Info info, double value) { return Napi::Number::New(info.Env(), value); }
// -1 where there is none.
int integer(const Napi::Value& value) {
  int32_t result = -1;
  napi_get_value_int32(value.Env(), value, &result);
  return result;
}

// In one pass where it fits, as paths and records do: to measure a string is to walk it once more.
std::string text(const Napi::Value& value) {
  constexpr size_t kLongestCharacter = 4;
  char buffer[4096];
  size_t size = 0;
  napi_get_value_string_utf8(value.Env(), value, buffer, sizeof buffer, &size);
  if (size < sizeof buffer - kLongestCharacter) return std::string(buffer, size);
  return value.As<Napi::String>().Utf8Value();
}

Held* find(Info info, int fd) {
  auto& held = state(info).held;
  const auto found = held.find(fd);
  return found == held.end() ? nullptr : &found->second;
}

// Descriptor and mechanisms in one number: fd * 8 + mechanisms.
int keep(State& state, Held&& lock) {
  const int fd = lock.fd.get();
  const int packed = fd * 8 + lock.mechanisms;
  state.held.insert_or_assign(fd, std::move(lock));
  return packed;
}

// (…, record, mode, uid or -1, gid, seconds ahead), from argument `at` on.
Birth birth(Info info, size_t at) {
  Birth b;
  b.record = text(info[at]);
  b.mode = static_cast<mode_t>(integer(info[at + 1]));
  const double uid = info[at + 2].As<Napi::Number>().DoubleValue();
  b.setOwner = uid >= 0;
  b.uid = b.setOwner ? static_cast<uid_t>(uid) : 0;
  b.gid = static_cast<gid_t>(info[at + 3].As<Napi::Number>().DoubleValue());
  b.aheadSeconds = integer(info[at + 4]);
  return b;
}

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
  const auto paths = info[0].As<Napi::Array>();
  const Birth b = birth(info, 1);
  // Not `paths` from here on: a worker that is terminated meanwhile cannot read it any more.
  std::vector<std::string> names(paths.Length());
  for (uint32_t i = 0; i < names.size(); i++) names[i] = text(paths[i]);
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
      failed = (results[i] = create(names[i], b, &locks[i])) < 0;
      failure = failedCall;
    }
  }
  auto out = Napi::Array::New(info.Env(), names.size());
  for (uint32_t i = 0; i < names.size(); i++) {
    if (results[i] == 0) {
      if (!failed)
        results[i] = keep(state(info), std::move(locks[i]));
      else if (locks[i].fd.ok())
        release(std::move(locks[i]));
    }
    out[i] = Napi::Number::New(info.Env(), results[i]);
  }
  failedCall = failure;
  return out;
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

int releaseOne(State& state, int fd) {
  const auto found = state.held.find(fd);
  if (found == state.held.end()) return -EBADF;
  Held lock = std::move(found->second);
  state.held.erase(found);
  return release(std::move(lock));
}

Napi::Value Release(Info info) { return number(info, releaseOne(state(info), integer(info[0]))); }

Napi::Value ReleaseAll(Info info) {
  const auto fds = info[0].As<Napi::Array>();
  auto out = Napi::Array::New(info.Env(), fds.Length());
  for (uint32_t i = 0; i < fds.Length(); i++)
    out[i] = Napi::Number::New(info.Env(), releaseOne(state(info), integer(fds[i])));
  return out;
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

Napi::Value IdOf(Info info) {
  struct statx st;
  const int done = statFd(integer(info[0]), &st);
  if (done < 0) return number(info, done);
  return Napi::String::New(info.Env(), identityOf(st).text());
}

// (path, identity, change time or -1): whether the name still is that inode, unchanged since.
Napi::Value Unchanged(Info info) {
  struct statx st;
  const double changed = info[2].As<Napi::Number>().DoubleValue();
  const bool same = statName(AT_FDCWD, text(info[0]).c_str(), &st) == 0 &&
                    (changed < 0 || milliseconds(st.stx_ctime) == changed) &&
                    identityOf(st).text() == text(info[1]);
  return Napi::Boolean::New(info.Env(), same);
}

// (directory): see mayChangeElsewhere.
Napi::Value Silent(Info info) {
  return Napi::Boolean::New(info.Env(), mayChangeElsewhere(text(info[0])));
}

// A line: kind, exclusive, waiting, pid, from, to.
void pack(const LockLine& line, std::string* out) {
  *out += line.kind + (line.write ? " 1" : " 0") + (line.waiting ? " 1 " : " 0 ");
  *out += std::to_string(line.pid) + " " + line.from + " " + line.to + "\n";
}

Napi::Value arrayOf(Napi::Env env, const std::vector<double>& numbers) {
  auto out = Napi::Float64Array::New(env, numbers.size());
  if (out.IsEmpty()) return env.Undefined();  // nobody is left to be told
  std::copy(numbers.begin(), numbers.end(), out.Data());
  return out;
}

Napi::Value arrayOf(Napi::Env env, const std::vector<std::string>& texts) {
  auto out = Napi::Array::New(env, texts.size());
  for (uint32_t i = 0; i < texts.size(); i++) out[i] = texts[i];
  return out;
}

// Looks cross as four values, because an object of twenty properties costs more than a look:
// numbers, the same for each (src/looks.ts has their order); the identity and the content of each,
// a character a byte; the targets of symbolic links; the lines of locks, their fields apart by
// spaces.
class PackedLooks {
 public:
  explicit PackedLooks(size_t looks) { numbers_.reserve(looks * 16); }

  void add(const Look& seen) {
    const std::string id = seen.error < 0 ? "" : identityOf(seen.st).text();
    const int flags =
        seen.attribute | seen.elsewhere << 1 | seen.locked << 2 | seen.leaseRefused << 3;
    const double birth = seen.st.stx_mask & STATX_BTIME ? milliseconds(seen.st.stx_btime) : 0;
    for (const double number :
         {double(seen.error), double(seen.st.stx_mode), double(seen.st.stx_uid),
          double(seen.st.stx_gid), double(seen.st.stx_nlink), double(seen.st.stx_size),
          milliseconds(seen.st.stx_mtime), milliseconds(seen.st.stx_ctime), birth,
          double(seen.openError), double(flags), double(seen.known), double(seen.recordPid),
          double(id.size()), double(seen.content.size()), double(seen.locks.size())})
      numbers_.push_back(number);
    bytes_ += id;
    bytes_ += seen.content;
    if (S_ISLNK(seen.st.stx_mode)) targets_.push_back(seen.target);
    for (const LockLine& line : seen.locks) pack(line, &locks_);
  }

  Napi::Value value(Napi::Env env) const {
    napi_value bytes;
    napi_create_string_latin1(env, bytes_.data(), bytes_.size(), &bytes);
    auto out = Napi::Object::New(env);
    out.Set("numbers", arrayOf(env, numbers_));
    out.Set("bytes", bytes);
    out.Set("targets", arrayOf(env, targets_));
    out.Set("locks", locks_);
    return out;
  }

 private:
  std::vector<double> numbers_;
  std::string bytes_;
  std::vector<std::string> targets_;
  std::string locks_;
};

std::vector<std::string> texts(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> out;
  for (uint32_t i = 0; i < array.Length(); i++) out.push_back(text(array[i]));
  return out;
}

Napi::Value packed(Info info, const std::vector<Look>& seen) {
  PackedLooks out(seen.size());
  for (const Look& one : seen) out.add(one);
  return out.value(info.Env());
}

Napi::Value LookAt(Info info) {
  return packed(info, {look(text(info[0]), static_cast<Depth>(integer(info[1])))});
}

Napi::Value LookAll(Info info) {
  return packed(info, lookAll(texts(info[0]), static_cast<Depth>(integer(info[1]))));
}

// (paths, depth) -> what LookNext takes. Threads look at once; ended with what holds it. Nothing in
// a worker that is being terminated, which may run on for a moment.
Napi::Value LookBegin(Info info) {
  auto looks = std::make_unique<ManyLooks>(texts(info[0]), static_cast<Depth>(integer(info[1])));
  const auto begun = Napi::External<ManyLooks>::New(
      info.Env(), looks.get(), [](Napi::Env, ManyLooks* done) { delete done; });
  if (!begun.IsEmpty()) looks.release();
  return begun;
}

// Some more looks, as LookAll gives them; none at the end.
Napi::Value LookNext(Info info) {
  if (!info[0].IsExternal()) return packed(info, {});
  return packed(info, info[0].As<Napi::External<ManyLooks>>().Data()->next());
}

// (identities, nameless too) -> see Openers, packed like looks.
Napi::Value OpenersOf(Info info) {
  const Napi::Env env = info.Env();
  std::vector<Identity> wanted;
  for (const std::string& id : texts(info[0])) {
    wanted.emplace_back();
    Identity::parse(id, &wanted.back());
  }
  const Openers seen = openersOf(wanted, info[1].As<Napi::Boolean>().Value(), divide);
  std::vector<double> numbers;
  std::vector<std::string> names;
  std::string locks;
  for (const Opener& opener : seen.found) {
    for (const double number : {double(opener.target), double(opener.pid), double(opener.fd),
                                double(opener.mount), double(opener.locks.size())})
      numbers.push_back(number);
    if (opener.target < 0) {
      names.push_back(opener.link);
      names.push_back(opener.born);
    }
    for (const LockLine& line : opener.locks) pack(line, &locks);
  }
  auto out = Napi::Object::New(env);
  out.Set("numbers", arrayOf(env, numbers));
  out.Set("names", arrayOf(env, names));
  out.Set("locks", locks);
  out.Set("hidden", seen.hidden);
  return out;
}

Napi::Value SameDescription(Info info) {
  return number(info, sameDescription(integer(info[0]), integer(info[1]), integer(info[2]),
                                      integer(info[3])));
}

Napi::Value GlimpseOf(Info info) { return number(info, static_cast<int>(glimpse(text(info[0])))); }

Napi::Value LookHeld(Info info) {
  Held* lock = find(info, integer(info[0]));
  Look none;
  none.error = -EBADF;
  return packed(info, {lock == nullptr ? none : lookHeld(lock->fd.get())});
}

// (directory, may it be a link, at most so many entries, levels) -> -errno or { paths, … }; a path
// that ends in a slash is a directory. The paths are one string, a NUL after each.
Napi::Value WalkBelow(Info info) {
  const Napi::Env env = info.Env();
  Walk seen;
  const int done = walk(text(info[0]), info[1].As<Napi::Boolean>().Value(),
                        static_cast<size_t>(integer(info[2])), integer(info[3]), &seen);
  if (done < 0) return number(info, done);
  std::string paths;
  for (const WalkEntry& entry : seen.entries)
    paths.append(entry.path).append(entry.directory ? "/" : "").push_back('\0');
  auto unreadable = Napi::Array::New(env, seen.unreadable.size());
  for (uint32_t i = 0; i < seen.unreadable.size(); i++) unreadable[i] = seen.unreadable[i];
  auto out = Napi::Object::New(env);
  out.Set("paths", paths);
  out.Set("unreadable", unreadable);
  out.Set("cut", seen.cut);
  return out;
}

// One thread-safe function serves waits and events. It keeps the event loop alive only while a wait
// is under way, or a process is watched.
void readyCalls(Napi::Env env, State& state) {
  if (state.callsReady) return;
  const auto nothing = Napi::Function::New(env, [](Info) {});
  state.calls = Napi::ThreadSafeFunction::New(env, nothing, "lockbridge", 0, 1);
  state.calls.Unref(env);
  state.callsReady = true;
  // Hooks run last in, first out: added after the function's own, ours runs before it is gone.
  env.AddCleanupHook([](State* s) { s->tearDown(); }, &state);
}

void holdLoop(Napi::Env env, State& state) {
  if (state.waits.empty() && state.exits.empty())
    state.calls.Unref(env);
  else
    state.calls.Ref(env);
  if (state.poll == nullptr && state.watcher && !state.waits.empty() &&
      state.watcher->descriptor() >= 0)
    state.poll =
        LoopPoll::open(env, state.watcher->descriptor(), [&state] { state.watcher->turn(); });
  if (state.poll != nullptr) state.poll->set(!state.waits.empty());
}

// Calls into JavaScript unless the environment is being torn down: then there is nobody to tell.
// What a callback throws is left pending and becomes an uncaught exception, as for any callback.
void callQuietly(Napi::Env env, const Napi::FunctionReference& function,
                 std::initializer_list<napi_value> arguments) {
  napi_value receiver, ignored;
  if (napi_get_undefined(env, &receiver) != napi_ok) return;
  napi_call_function(env, receiver, function.Value(), arguments.size(), arguments.begin(),
                     &ignored);
}

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
  const std::string name = split(path).name;
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

void finishExit(Napi::Env env, State& state, int id) {
  const auto found = state.exits.find(id);
  if (found == state.exits.end()) return;
  const Napi::FunctionReference done = std::move(found->second);
  state.exits.erase(found);
  holdLoop(env, state);
  callQuietly(env, done, {});
}

// (pid, start time, done(), until it is reaped?) -> an id for unwatchProcess, or -errno; see
// ExitWatcher::add.
Napi::Value WatchProcess(Info info) {
  State& s = state(info);
  readyCalls(info.Env(), s);
  if (!s.exitWatcher) {
    s.exitWatcher = std::make_unique<ExitWatcher>([&s](int id) {
      s.calls.NonBlockingCall([&s, id](Napi::Env env, Napi::Function) { finishExit(env, s, id); });
    });
  }
  const int id = s.nextExit++;
  const auto start = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
  const int added = s.exitWatcher->add(integer(info[0]), start, id, info.Length() > 3);
  if (added < 0) return number(info, added);
  s.exits[id] = Napi::Persistent(info[2].As<Napi::Function>());
  holdLoop(info.Env(), s);
  return number(info, id);
}

// Its callback does not come any more.
void UnwatchProcess(Info info) {
  State& s = state(info);
  const int id = integer(info[0]);
  if (s.exits.erase(id) == 0) return;
  s.exitWatcher->remove(id);
  holdLoop(info.Env(), s);
}

void deliver(Napi::Env env, State& state, const std::vector<WatchEvent>& events) {
  if (state.events.IsEmpty()) return;
  for (const WatchEvent& event : events)
    callQuietly(env, state.events,
                {Napi::Number::New(env, event.wd), Napi::Number::New(env, event.mask),
                 Napi::String::New(env, event.name)});
}

Interest interestOf(Info info, size_t at) {
  const auto flag = [&](size_t i) { return info[i].As<Napi::Boolean>().Value(); };
  return {flag(at), flag(at + 1), flag(at + 2)};
}

// (directory, callback(wd, mask, name) — the same one every time, lineage, opens, follow)
Napi::Value Watch(Info info) {
  State& s = state(info);
  readyCalls(info.Env(), s);
  if (s.events.IsEmpty()) s.events = Napi::Persistent(info[1].As<Napi::Function>());
  if (!s.watcher) {
    s.watcher = std::make_unique<Watcher>([&s](std::vector<WatchEvent>&& events) {
      s.calls.NonBlockingCall([&s, events = std::move(events)](Napi::Env env, Napi::Function) {
        deliver(env, s, events);
      });
    });
  }
  return number(info, s.watcher->add(text(info[0]), interestOf(info, 2)));
}

// (watch descriptor, lineage, opens, follow)
void Unwatch(Info info) {
  State& s = state(info);
  if (s.watcher) s.watcher->remove(integer(info[0]), interestOf(info, 1));
}

// undefined, or [identity, origin]; see Origin.
Napi::Value LineageOf(Info info) {
  State& s = state(info);
  Lineage file;
  if (!s.watcher || !s.watcher->lineage(integer(info[0]), text(info[1]), &file))
    return info.Env().Undefined();
  auto out = Napi::Array::New(info.Env(), 2);
  out[0u] = file.id.text();
  out[1u] = static_cast<int>(file.origin);
  return out;
}

// Primitives, for tools and tests.
Napi::Value OpenExclusive(Info info) {
  const std::string path = text(info[0]);
  const mode_t mode = static_cast<mode_t>(integer(info[1]));
  return number(info, retry("open", [&] {
                  return open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                              mode);
                }));
}
Napi::Value Flock(Info info) {
  const int fd = integer(info[0]), operation = integer(info[1]);
  // Without waiting, whatever was asked: this is the event loop's thread.
  return number(info, retry("flock", [&] { return flock(fd, operation | LOCK_NB); }));
}
Napi::Value OfdLock(Info info) {
  struct flock whole = {};
  whole.l_type = static_cast<short>(integer(info[1]));
  whole.l_whence = SEEK_SET;
  const int fd = integer(info[0]);
  return number(info, retry("fcntl", [&] { return fcntl(fd, F_OFD_SETLK, &whole); }));
}
// The type of the lock in the way of an exclusive one, F_UNLCK if none is.
Napi::Value OfdTest(Info info) {
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const int fd = integer(info[0]);
  const int done = retry("fcntl", [&] { return fcntl(fd, F_OFD_GETLK, &whole); });
  return number(info, done < 0 ? done : whole.l_type);
}
Napi::Value Close(Info info) { return number(info, close(integer(info[0])) == 0 ? 0 : -errno); }

// Single steps, for whoever asks what a directory can do.
Napi::Value OpenNameless(Info info) {
  return number(info, openNameless(text(info[0]), static_cast<mode_t>(integer(info[1]))));
}
Napi::Value NameFile(Info info) { return number(info, nameFile(integer(info[0]), text(info[1]))); }
Napi::Value Exchange(Info info) { return number(info, exchange(text(info[0]), text(info[1]))); }
Napi::Value Lease(Info info) { return number(info, lease(integer(info[0]))); }
Napi::Value SetAttribute(Info info) { return number(info, setAttribute(integer(info[0]))); }

// What makes a process a service.
Napi::Value PrivateMounts(Info info) { return number(info, privateMounts()); }
Napi::Value OpenPlace(Info info) { return number(info, openPlace(text(info[0]))); }
Napi::Value BindMount(Info info) {
  return number(info,
                bindMount(integer(info[0]), text(info[1]), info[2].As<Napi::Boolean>().Value()));
}
Napi::Value Execute(Info info) {
  if (info.Length() < 3) return number(info, execute(text(info[0]), texts(info[1]), nullptr));
  const std::vector<std::string> environment = texts(info[2]);
  return number(info, execute(text(info[0]), texts(info[1]), &environment));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* state = new State();
  env.SetInstanceData(state);
  // A worker thread may be terminated at any moment, without an exit event.
  env.AddCleanupHook([](State* s) { s->tearDown(); }, state);
  const auto def = [&](const char* name, auto function) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  def("acquire", Acquire);
  def("acquireAll", AcquireAll);
  def("failedCall", FailedCall);
  def("replace", Replace);
  def("adoptOpen", AdoptOpen);
  def("adoptLock", AdoptLock);
  def("adoptCommit", AdoptCommit);
  def("release", Release);
  def("releaseAll", ReleaseAll);
  def("drop", Drop);
  def("sweep", Sweep);
  def("beat", Beat);
  def("stillNames", StillNames);
  def("restore", Restore);
  def("look", LookAt);
  def("lookAll", LookAll);
  def("lookBegin", LookBegin);
  def("lookNext", LookNext);
  def("glimpse", GlimpseOf);
  def("lookHeld", LookHeld);
  def("openers", OpenersOf);
  def("sameDescription", SameDescription);
  def("unchanged", Unchanged);
  def("silent", Silent);
  def("walk", WalkBelow);
  def("startWait", StartWait);
  def("expectName", ExpectName);
  def("cancelWait", CancelWait);
  def("unprepare", Unprepare);
  def("endWaits", EndWaits);
  def("watch", Watch);
  def("unwatch", Unwatch);
  def("lineage", LineageOf);
  def("openExclusive", OpenExclusive);
  def("flock", Flock);
  def("ofdLock", OfdLock);
  def("ofdTest", OfdTest);
  def("identity", IdOf);
  def("close", Close);
  def("openNameless", OpenNameless);
  def("nameFile", NameFile);
  def("exchange", Exchange);
  def("lease", Lease);
  def("setAttribute", SetAttribute);
  def("watchProcess", WatchProcess);
  def("unwatchProcess", UnwatchProcess);
  def("privateMounts", PrivateMounts);
  def("openPlace", OpenPlace);
  def("bindMount", BindMount);
  def("execute", Execute);
  exports.Set("residueMark", kResidueMark);
  return exports;
}

}  // namespace

// The module macro pastes its argument into a name, so it wants one without a namespace.
NODE_API_MODULE(lockbridge, Init)

}  // namespace lockbridge
