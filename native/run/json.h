// JSON, as much as this program needs: reading the object of a record, and printing as
// `JSON.stringify(value, null, 2)` does.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace lockbridge {

// A member of an object: a string, a number, or what is neither (0 and no text).
struct JsonMember {
  std::u16string key;
  bool isText;
  std::u16string text;
  double number;
};

// Shows the members of one object, in order. Whether the text is that and nothing else: if not,
// some members may have been shown all the same. Whatever the bytes are (each one character), this
// ends: nesting is bounded by the 512 bytes of a record.
using VisitMember = std::function<void(const JsonMember&)>;
bool readJsonObject(const std::string& latin1, const VisitMember& visit);

// Prints a value piece by piece. Members and elements come in the order of the calls.
class JsonWriter {
 public:
  void open(char bracket);  // '{' or '['
  void close(char bracket);
  void key(const char* name);
  void text(const std::string& utf8);
  void number(double value);
  void boolean(bool value);

  void member(const char* name, const std::string& utf8) { key(name), text(utf8); }
  void member(const char* name, const char* utf8) { key(name), text(utf8); }
  void member(const char* name, double value) { key(name), number(value); }
  // Left out where it is empty.
  void optional(const char* name, const std::string& utf8) {
    if (!utf8.empty()) member(name, utf8);
  }

  const std::string& out() const { return out_; }

 private:
  void begin();

  std::string out_;
  std::vector<int> counts_;  // members or elements so far, of each open bracket
  bool afterKey_ = false;
};

std::string jsonQuoted(const std::string& utf8);

}  // namespace lockbridge
