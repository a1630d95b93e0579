#include "loop_poll.h"

#include <dlfcn.h>

#include <cstddef>

namespace lockbridge {

namespace {

// From <uv.h>, which is no part of N-API's headers.
constexpr int kUvPoll = 8;      // uv_handle_type: UV_POLL
constexpr int kUvReadable = 1;  // uv_poll_event: UV_READABLE

struct Libuv {
  size_t (*handleSize)(int type);
  int (*init)(void* loop, void* handle, int fd);
  int (*start)(void* handle, int events, void (*ready)(void* handle, int status, int events));
  int (*stop)(void* handle);
  void (*unref)(void* handle);
  void (*close)(void* handle, void (*closed)(void* handle));
  void (*setData)(void* handle, void* data);
  void* (*getData)(const void* handle);
  bool complete = false;

  Libuv() {
    complete = find("uv_handle_size", &handleSize) && find("uv_poll_init", &init) &&
               find("uv_poll_start", &start) && find("uv_poll_stop", &stop) &&
               find("uv_unref", &unref) && find("uv_close", &close) &&
               find("uv_handle_set_data", &setData) && find("uv_handle_get_data", &getData);
  }

  template <typename Function>
  static bool find(const char* name, Function* out) {
    *out = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
    return *out != nullptr;
  }
};

const Libuv& libuv() {
  static const Libuv found;
  return found;
}

// Bun has every name of libuv, and ends the process when one is called.
bool isBun(napi_env env) {
  napi_value value;
  bool is = false;
  return napi_get_global(env, &value) == napi_ok &&
         napi_get_named_property(env, value, "process", &value) == napi_ok &&
         napi_get_named_property(env, value, "versions", &value) == napi_ok &&
         napi_has_named_property(env, value, "bun", &is) == napi_ok && is;
}

}  // namespace

LoopPoll* LoopPoll::open(napi_env env, int fd, std::function<void()> ready) {
  const Libuv& uv = libuv();
  uv_loop_s* loop = nullptr;
  if (!uv.complete || isBun(env) || napi_get_uv_event_loop(env, &loop) != napi_ok) return nullptr;
  auto* poll = new LoopPoll();
  poll->ready_ = std::move(ready);
  poll->handle_ = std::make_unique<char[]>(uv.handleSize(kUvPoll));
  void* handle = poll->handle_.get();
  if (uv.init(loop, handle, fd) != 0) {
    delete poll;
    return nullptr;
  }
  uv.setData(handle, poll);
  uv.unref(handle);
  // Not a plain hook: libuv has the handle's memory until it says that it is closed.
  napi_add_async_cleanup_hook(env, end, poll, &poll->hook_);
  return poll;
}

void LoopPoll::set(bool on) {
  if (on == on_) return;
  on_ = on;
  const Libuv& uv = libuv();
  if (!on) {
    uv.stop(handle_.get());
    return;
  }
  uv.start(handle_.get(), kUvReadable, [](void* handle, int status, int) {
    if (status == 0) static_cast<LoopPoll*>(libuv().getData(handle))->ready_();
  });
}

void LoopPoll::end(napi_async_cleanup_hook_handle, void* self) {
  auto* poll = static_cast<LoopPoll*>(self);
  poll->ready_ = nullptr;
  poll->on_ = false;
  libuv().close(poll->handle_.get(), [](void* handle) {
    auto* closed = static_cast<LoopPoll*>(libuv().getData(handle));
    napi_remove_async_cleanup_hook(closed->hook_);
    delete closed;
  });
}

}  // namespace lockbridge
