// A descriptor among those that Node's own event loop sleeps on: a thread that reads it and then
// tells the loop means two threads to wake one after the other, and on an idle machine that is most
// of what a hand-off takes.
//
// N-API gives the loop but no way to poll on it. libuv's functions are found in the running Node by
// name; their ABI has been the same since libuv 1.0, and the size of a handle is asked for. Where
// one is missing there is no poll, and the thread alone reads.
#pragma once

#include <node_api.h>

#include <functional>
#include <memory>

namespace lockbridge {

// Lives until the environment ends, at the latest; `ready` is not called after that.
class LoopPoll {
 public:
  // `ready` is called on the loop's thread, outside of JavaScript. nullptr where that cannot be
  // had.
  static LoopPoll* open(napi_env env, int fd, std::function<void()> ready);
  // Off at first. The loop does not stay alive for it.
  void set(bool on);

 private:
  LoopPoll() = default;
  ~LoopPoll() = default;
  static void end(napi_async_cleanup_hook_handle hook, void* self);

  std::function<void()> ready_;
  std::unique_ptr<char[]> handle_;  // a uv_poll_t
  napi_async_cleanup_hook_handle hook_ = nullptr;
  bool on_ = false;
};

}  // namespace lockbridge
