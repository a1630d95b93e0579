#include "arguments.h"

#include <cstdlib>
#include <cstring>

#include "scan.h"
#include "text.h"

namespace lockbridge {

namespace {

// The letters of those without a short form are this file's own.
struct Option {
  char letter;
  bool isShort;
  const char* name;
  bool takesValue;
};

constexpr Option kOptions[] = {
    {'h', false, "help", false},  {'j', false, "json", false},
    {'e', false, "empty", true},  {'n', true, "nonblock", false},
    {'w', true, "wait", true},    {'E', true, "conflict-exit-code", true},
    {'r', false, "reason", true}, {'f', false, "force", false},
    {'i', false, "id", true},     {'p', false, "watch-pid", true},
};

Failure unknown(const std::string& name) { return usage("Unknown argument: " + name); }

// As JavaScript reads a number, as far as people write them.
Failure seconds(const std::string& text, std::optional<double>* out) {
  char* end = nullptr;
  const double number = strtod(text.c_str(), &end);
  while (*end == ' ') end++;
  const bool is = end != text.c_str() && *end == 0 && number >= 0 && number < 1e12;
  if (!is) return invalid("--wait", "seconds, 0 or more", text);
  *out = number;
  return {};
}

Failure wholeNumber(const char* name, const std::string& text, long most, const char* expected,
                    int* out) {
  const bool is = !text.empty() && text.size() < 9 &&
                  text.find_first_not_of("0123456789") == std::string::npos &&
                  atol(text.c_str()) <= most;
  if (!is) return usage(std::string(name) + " must be " + expected + ", not " + text);
  *out = atoi(text.c_str());
  return {};
}

Failure apply(char letter, const std::string& value, Arguments* out) {
  switch (letter) {
    case 'h':
      out->help = true;
      return {};
    case 'j':
      out->json = true;
      return {};
    case 'n':
      out->nonblock = true;
      return {};
    case 'f':
      out->force = true;
      return {};
    case 'r':
      out->reason = value;
      return {};
    case 'i':
      out->id = value;
      return {};
    case 'w':
      return seconds(value, &out->wait);
    case 'E':
      return wholeNumber("--conflict-exit-code", value, 255, "an integer from 0 to 255",
                         &out->conflict);
    case 'p':
      if (pidOf(value) == 0)
        return usage("--watch-pid must be the number of a process, not " + value);
      return wholeNumber("--watch-pid", value, 4'194'304, "the number of a process",
                         &out->watchPid);
    default:
      if (value != "held" && value != "free") return invalid("--empty", "held or free", value);
      out->emptyIsFree = value == "free";
      return {};
  }
}

const Option* find(const char* allowed, const std::string& name, bool isShort) {
  for (const Option& option : kOptions) {
    const bool named = isShort ? option.isShort && name[0] == option.letter : name == option.name;
    if (named && (option.letter == 'h' || strchr(allowed, option.letter) != nullptr))
      return &option;
  }
  return nullptr;
}

class Parser {
 public:
  Parser(char* const* argv, const char* allowed, Arguments* out)
      : at_(argv), allowed_(allowed), out_(out) {}

  Failure parse() {
    for (; *at_ != nullptr && strcmp(*at_, "--") != 0; at_++) {
      const std::string word = *at_;
      Failure failure;
      if (startsWith(word, "--"))
        failure = longOption(word.substr(2));
      else if (word.size() > 1 && word[0] == '-')
        failure = shortOptions(word.substr(1));
      else
        out_->paths.push_back(word);
      if (failure) return failure;
    }
    out_->command = *at_ == nullptr ? at_ : at_ + 1;
    return {};
  }

 private:
  // The value is the next word, whatever it begins with.
  Failure withNext(const Option& option) {
    if (at_[1] == nullptr)
      return usage(std::string("Not enough arguments following: ") + option.name);
    at_++;
    return apply(option.letter, *at_, out_);
  }

  Failure longOption(const std::string& word) {
    const size_t equal = word.find('=');
    const std::string name = word.substr(0, equal);
    const Option* option = find(allowed_, name, false);
    if (option == nullptr) return unknown(name);
    if (equal == std::string::npos)
      return option->takesValue ? withNext(*option) : apply(option->letter, "", out_);
    if (!option->takesValue) return usage("--" + name + " takes no value");
    return apply(option->letter, word.substr(equal + 1), out_);
  }

  // `-n`, `-nw5`, `-w 5`.
  Failure shortOptions(const std::string& word) {
    for (size_t i = 0; i < word.size(); i++) {
      const Option* option = find(allowed_, word.substr(i, 1), true);
      if (option == nullptr) return unknown(word.substr(i, 1));
      if (option->takesValue)
        return i + 1 < word.size() ? apply(option->letter, word.substr(i + 1), out_)
                                   : withNext(*option);
      if (Failure failure = apply(option->letter, "", out_)) return failure;
    }
    return {};
  }

  char* const* at_;
  const char* const allowed_;
  Arguments* const out_;
};

}  // namespace

Failure parseArguments(char* const* argv, const char* allowed, size_t leastPaths, Arguments* out) {
  const char* policy = getenv("LOCKBRIDGE_EMPTY");
  out->emptyIsFree = policy != nullptr && strcmp(policy, "free") == 0;
  if (Failure failure = Parser(argv, allowed, out).parse()) return failure;
  if (out->help || out->paths.size() >= leastPaths) return {};
  return usage("Not enough non-option arguments: got " + std::to_string(out->paths.size()) +
               ", need at least " + std::to_string(leastPaths));
}

}  // namespace lockbridge
