#include <cstdlib>
#include <cstring>

#include "json.h"
#include "text.h"

namespace lockbridge {

namespace {

class Parser {
 public:
  explicit Parser(const std::string& text) : at_(text.c_str()), end_(at_ + text.size()) {}

  // `visit`: null where nobody wants the members.
  bool object(const VisitMember* visit) {
    if (!take('{')) return false;
    blank();
    if (take('}')) return true;
    JsonMember member;  // one for all: its strings keep their memory
    do {
      blank();
      if (!string(&member.key)) return false;
      blank();
      if (!take(':') || !value(&member)) return false;
      if (visit != nullptr) (*visit)(member);
      blank();
    } while (take(','));
    return take('}');
  }

  bool atEnd() {
    blank();
    return at_ == end_;
  }

 private:
  void blank() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) at_++;
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

  bool value(JsonMember* out) {
    blank();
    out->isText = false;
    out->number = 0;
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
        out->isText = true;
        return string(&out->text);
      default:
        return number(&out->number);
    }
  }

  bool array() {
    take('[');
    blank();
    if (take(']')) return true;
    JsonMember ignored;
    do {
      if (!value(&ignored)) return false;
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
    *out = strtod(from, nullptr);  // which stops where we did, or what follows is refused
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
    out->clear();
    while (at_ < end_) {
      const char* from = at_;
      while (at_ < end_ && isOrdinary(*at_)) at_++;
      append(from, at_, out);
      if (at_ == end_) return false;
      const char c = *at_++;
      if (c == '"') return true;
      if (c != '\\' || !escape(out)) return false;
    }
    return false;
  }

  // What stands for itself in a string.
  static bool isOrdinary(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  }

  static void append(const char* from, const char* to, std::u16string* out) {
    size_t at = out->size();
    out->resize(at + static_cast<size_t>(to - from));
    while (from < to) (*out)[at++] = static_cast<unsigned char>(*from++);
  }

  const char* at_;
  const char* end_;
};

}  // namespace

bool readJsonObject(const std::string& latin1, const VisitMember& visit) {
  Parser parser(latin1);
  return parser.object(&visit) && parser.atEnd();
}

}  // namespace lockbridge
