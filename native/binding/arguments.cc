#include "arguments.h"

#include <algorithm>

namespace lockbridge {

Napi::Value number(Info info, double value) { return Napi::Number::New(info.Env(), value); }
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

std::vector<std::string> texts(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> out;
  for (uint32_t i = 0; i < array.Length(); i++) out.push_back(text(array[i]));
  return out;
}

std::vector<std::string> apart(const std::string& paths) {
  std::vector<std::string> out;
  for (size_t at = 0; at < paths.size(); at += out.back().size() + 1)
    out.emplace_back(paths.c_str() + at);
  return out;
}

std::vector<int> integers(const Napi::Value& value) {
  if (!value.IsTypedArray()) return {};
  const auto array = value.As<Napi::Int32Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

Napi::Value integers(Napi::Env env, const std::vector<int>& numbers) {
  auto out = Napi::Int32Array::New(env, numbers.size());
  if (out.IsEmpty()) return env.Undefined();  // nobody is left to be told
  std::copy(numbers.begin(), numbers.end(), out.Data());
  return out;
}

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

}  // namespace lockbridge
