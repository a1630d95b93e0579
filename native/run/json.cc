#include "json.h"

#include <cstdio>
#include <cstring>

#include "text.h"

namespace lockbridge {

std::string jsonQuoted(const std::string& utf8) {
  std::string out = "\"";
  for (const char c : utf8) {
    constexpr char kValues[] = "\"\\\b\f\n\r\t", kNames[] = "\"\\bfnrt";
    const char* found = c == 0 ? nullptr : strchr(kValues, c);
    if (found != nullptr) {
      out += '\\';
      out += kNames[found - kValues];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char text[8];
      snprintf(text, sizeof text, "\\u%04x", c);
      out += text;
    } else {
      out += c;
    }
  }
  return out + '"';
}

void JsonWriter::begin() {
  if (afterKey_) {
    afterKey_ = false;
    return;
  }
  if (counts_.empty()) return;
  if (counts_.back()++ > 0) out_ += ',';
  out_ += '\n';
  out_.append(2 * counts_.size(), ' ');
}

void JsonWriter::open(char bracket) {
  begin();
  out_ += bracket;
  counts_.push_back(0);
}

void JsonWriter::close(char bracket) {
  const bool empty = counts_.back() == 0;
  counts_.pop_back();
  if (!empty) {
    out_ += '\n';
    out_.append(2 * counts_.size(), ' ');
  }
  out_ += bracket;
}

void JsonWriter::key(const char* name) {
  begin();
  out_ += jsonQuoted(name) + ": ";
  afterKey_ = true;
}

void JsonWriter::text(const std::string& utf8) {
  begin();
  out_ += jsonQuoted(utf8);
}

void JsonWriter::number(double value) {
  begin();
  out_ += numberText(value);
}

void JsonWriter::boolean(bool value) {
  begin();
  out_ += value ? "true" : "false";
}

}  // namespace lockbridge
