// What crosses the door: arguments taken apart, answers put together.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "../lockfile.h"

namespace lockbridge {

using Info = const Napi::CallbackInfo&;

Napi::Value number(Info info, double value);
// -1 where there is none.
int integer(const Napi::Value& value);
std::string text(const Napi::Value& value);
std::vector<std::string> texts(const Napi::Value& value);
// Many paths cross as one string, a NUL after each, which no path contains: strings one by one cost
// as much as a small system call each.
std::vector<std::string> apart(const std::string& paths);
// Many numbers cross as one Int32Array, for the same reason.
std::vector<int> integers(const Napi::Value& value);
Napi::Value integers(Napi::Env env, const std::vector<int>& numbers);
// (…, record, mode, uid or -1, gid, seconds ahead), from argument `at` on.
Birth birth(Info info, size_t at);

// Gives JavaScript a function of this name.
template <typename Function>
void define(Napi::Object* exports, const char* name, Function function) {
  exports->Set(name, Napi::Function::New(exports->Env(), function, name));
}

}  // namespace lockbridge
