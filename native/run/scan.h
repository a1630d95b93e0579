// Taking a stranger's bytes apart from left to right, without going back: what the recognisers
// share.
#pragma once

#include <string>

namespace lockbridge {

class Scan {
 public:
  explicit Scan(const std::string& text, size_t at = 0) : text_(text), at_(at) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    at_++;
    return true;
  }
  bool word(const std::string& expected) {
    if (text_.compare(at_, expected.size(), expected) != 0) return false;
    at_ += expected.size();
    return true;
  }
  // As many characters of a set as there are; false if those are too few or too many.
  bool run(const char* set, size_t least, size_t most, std::string* out) {
    size_t end = text_.find_first_not_of(set, at_);
    if (end == std::string::npos) end = text_.size();
    const size_t size = end - at_;
    if (size < least || size > most) return false;
    out->assign(text_, at_, size);
    at_ = end;
    return true;
  }
  bool digits(std::string* out, size_t least = 1, size_t most = SIZE_MAX) {
    return run("0123456789", least, most, out);
  }
  bool hex(std::string* out, size_t least, size_t most) {
    return run("0123456789abcdef", least, most, out);
  }
  // A host name as gethostname(2) gives it.
  bool host(std::string* out) {
    const char first = peek();
    if (first == '.' || first == '_' || first == '-') return false;
    return run("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", 1, 255, out);
  }

 private:
  const std::string& text_;
  size_t at_;
};

// The number of a process, without leading zeros; 0 for digits that can be none (pid_max is at most
// 2^22, proc_sys_kernel(5)).
int pidOf(const std::string& digits);

}  // namespace lockbridge
