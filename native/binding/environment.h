// What one environment holds (Node's main thread, or a worker), and how its threads reach JavaScript.
#pragma once

#include <initializer_list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "../exits.h"
#include "../loop_poll.h"
#include "../waiter.h"
#include "../watcher.h"
#include "arguments.h"

namespace lockbridge {

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
  // Of the watcher's descriptor, while somebody waits; ends with the environment.
  LoopPoll* poll = nullptr;
  Napi::FunctionReference events;
  Napi::ThreadSafeFunction calls;
  bool callsReady = false;
  int nextWait = 1;
  int nextExit = 1;

  void tearDown();
};

State& state(Info info);

// The lock of this descriptor; nullptr if it is none of ours.
Held* find(Info info, int fd);
// Descriptor and mechanisms in one number: fd * 8 + mechanisms.
int keep(State& state, Held&& lock);

// One thread-safe function serves waits and events. It keeps the event loop alive only while a wait
// is under way, or a process is watched.
void readyCalls(Napi::Env env, State& state);
void holdLoop(Napi::Env env, State& state);

// Calls into JavaScript unless the environment is being torn down: then there is nobody to tell.
// What a callback throws is left pending and becomes an uncaught exception, as for any callback.
void callQuietly(Napi::Env env, const Napi::FunctionReference& function,
                 std::initializer_list<napi_value> arguments);

}  // namespace lockbridge
