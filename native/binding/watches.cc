// What happens in directories, and the end of processes.


#include "doors.h"
#include "environment.h"

namespace lockbridge {

namespace {

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

}  // namespace

void defineWatches(Napi::Object* exports) {
  define(exports, "watch", Watch);
  define(exports, "unwatch", Unwatch);
  define(exports, "lineage", LineageOf);
  define(exports, "watchProcess", WatchProcess);
  define(exports, "unwatchProcess", UnwatchProcess);
}

}  // namespace lockbridge
