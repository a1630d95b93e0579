#include <cstdlib>
#include <cstring>

#include "json.h"
#include "text.h"

namespace lockbridge {

namespace {

class Parser {
 public:
  explicit Parser(const std::string& text) : at_(text.c_str()), end_(at_ + text.size()) {}

  bool object(std::vector<JsonMember>* members) {
    if (!take('{')) return false;
    blank();
    if (take('}')) return true;
    do {
      JsonMember member;
      std::u16string key;
      blank();
      if (!string(&key)) return false;
      blank();
      if (!take(':')) return false;
      bool keep = false;
      if (!value(&member, &keep)) return false;
      member.key = utf8Of(key);
      if (members != nullptr) put(members, std::move(member), keep);
      blank();
    } while (take(','));
    return take('}');
  }

  bool atEnd() {
    blank();
    return at_ == end_;
  }

 private:
  // The last of several members of one name counts.
  static void put(std::vector<JsonMember>* members, JsonMember&& member, bool keep) {
    for (size_t i = 0; i < members->size(); i++)
      if ((*members)[i].key == member.key) members->erase(members->begin() + static_cast<long>(i));
    if (keep) members->push_back(std::move(member));
  }

  void blank() {
    while (at_ < end_ && strchr(" \t\r\n", *at_) != nullptr && *at_ != 0) at_++;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    at_++;
    return true;
  }

  bool word(const char* expected) {
    for (; *expected != 0; expected++)
      if (!take(*expected)) return false;
    return true;
  }

  bool value(JsonMember* out, bool* keep) {
    blank();
    *keep = false;
    if (at_ == end_) return false;
    switch (*at_) {
      case '{':
        return object(nullptr);
      case '[':
        return array();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      case '"':
        *keep = out->isText = true;
        return string(&out->text);
      default:
        *keep = true;
        return number(&out->number);
    }
  }

  bool array() {
    take('[');
    blank();
    if (take(']')) return true;
    do {
      JsonMember ignored;
      bool keep;
      if (!value(&ignored, &keep)) return false;
      blank();
    } while (take(','));
    return take(']');
  }

  bool digits() {
    const char* from = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') at_++;
    return at_ > from;
  }

  bool number(double* out) {
    const char* from = at_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    *out = strtod(std::string(from, at_).c_str(), nullptr);
    return true;
  }

  bool hex(char16_t* out) {
    *out = 0;
    for (int i = 0; i < 4; i++, at_++) {
      if (at_ == end_) return false;
      const char c = *at_;
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      *out = static_cast<char16_t>(*out << 4 | digit);
    }
    return true;
  }

  bool escape(std::u16string* out) {
    if (at_ == end_) return false;
    const char c = *at_++;
    if (c == 'u') {
      char16_t unit;
      if (!hex(&unit)) return false;
      out->push_back(unit);
      return true;
    }
    constexpr char kNames[] = "\"\\/bfnrt", kValues[] = "\"\\/\b\f\n\r\t";
    const char* found = strchr(kNames, c);
    if (found == nullptr || c == 0) return false;
    out->push_back(static_cast<char16_t>(kValues[found - kNames]));
    return true;
  }

  bool string(std::u16string* out) {
    if (!take('"')) return false;
    out->reserve(64);
    while (at_ < end_) {
      const unsigned char c = static_cast<unsigned char>(*at_++);
      if (c == '"') return true;
      if (c < 0x20) return false;
      if (c != '\\')
        out->push_back(c);
      else if (!escape(out))
        return false;
    }
    return false;
  }

  const char* at_;
  const char* end_;
};

}  // namespace

std::optional<std::vector<JsonMember>> parseJsonObject(const std::string& latin1) {
  Parser parser(latin1);
  std::vector<JsonMember> members;
  if (!parser.object(&members) || !parser.atEnd()) return std::nullopt;
  return members;
}

}  // namespace lockbridge
