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
// (…, record, mode, uid or -1, gid, seconds ahead), from argument `at` on.
Birth birth(Info info, size_t at);

// Gives JavaScript a function of this name.
template <typename Function>
void define(Napi::Object* exports, const char* name, Function function) {
  exports->Set(name, Napi::Function::New(exports->Env(), function, name));
}

}  // namespace lockbridge
