#include "environment.h"

namespace lockbridge {

void State::tearDown() {
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

State& state(Info info) { return *info.Env().GetInstanceData<State>(); }

Held* find(Info info, int fd) {
  auto& held = state(info).held;
  const auto found = held.find(fd);
  return found == held.end() ? nullptr : &found->second;
}

int keep(State& state, Held&& lock) {
  const int fd = lock.fd.get();
  const int packed = fd * 8 + lock.mechanisms;
  state.held.insert_or_assign(fd, std::move(lock));
  return packed;
}

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

void callQuietly(Napi::Env env, const Napi::FunctionReference& function,
                 std::initializer_list<napi_value> arguments) {
  napi_value receiver, ignored;
  if (napi_get_undefined(env, &receiver) != napi_ok) return;
  napi_call_function(env, receiver, function.Value(), arguments.size(), arguments.begin(),
                     &ignored);
}

}  // namespace lockbridge
