#include "text.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <set>

#include "../path.h"

namespace lockbridge {

namespace {

constexpr char16_t kReplacement = 0xfffd;

bool isHigh(char32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool isLow(char32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

void append(std::string* out, char32_t point) {
  if (point < 0x80) {
    out->push_back(static_cast<char>(point));
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr int lead[] = {0, 0xc0, 0xe0, 0xf0};
  out->push_back(static_cast<char>(lead[more] | point >> (6 * more)));
  for (int at = more - 1; at >= 0; at--)
    out->push_back(static_cast<char>(0x80 | (point >> (6 * at) & 0x3f)));
}

// The code point at `*at`, which is moved behind it; lone surrogates are given as they are.
char32_t next(const std::u16string& text, size_t* at) {
  const char32_t unit = text[(*at)++];
  if (!isHigh(unit) || *at == text.size() || !isLow(text[*at])) return unit;
  return 0x10000 + ((unit - 0xd800) << 10) + (text[(*at)++] - 0xdc00);
}

// Nearly all texts are ASCII without control characters, which are the same in any encoding.
template <typename Text>
bool isPlain(const Text& text) {
  for (const auto unit : text)
    if (unit < 0x20 || unit > 0x7e) return false;
  return true;
}

bool unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f || c == 0x2028 ||
         c == 0x2029 || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0xfeff || isHigh(c) || isLow(c);
}

}  // namespace

std::u16string utf16OfLatin1(const std::string& bytes) {
  std::u16string out;
  for (const char byte : bytes) out.push_back(static_cast<unsigned char>(byte));
  return out;
}

std::u16string utf16OfUtf8(const std::string& bytes) {
  std::u16string out;
  out.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    const unsigned char lead = bytes[at++];
    if (lead < 0x80) {
      out.push_back(lead);
      continue;
    }
    int more = lead >= 0xc2 && lead < 0xe0   ? 1
               : lead >= 0xe0 && lead < 0xf0 ? 2
               : lead >= 0xf0 && lead < 0xf5 ? 3
                                             : 0;
    if (more == 0) {
      out.push_back(kReplacement);
      continue;
    }
    // The second byte of some leads is bounded more narrowly: no overlong forms, no surrogates.
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    char32_t point = lead & (0x3f >> more);
    for (; more > 0 && at < bytes.size(); more--, low = 0x80, high = 0xbf) {
      const unsigned char byte = bytes[at];
      if (byte < low || byte > high) break;
      point = point << 6 | (byte & 0x3f);
      at++;
    }
    if (more > 0) {
      out.push_back(kReplacement);
    } else if (point < 0x10000) {
      out.push_back(static_cast<char16_t>(point));
    } else {
      out.push_back(static_cast<char16_t>(0xd800 + ((point - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xdc00 + ((point - 0x10000) & 0x3ff)));
    }
  }
  return out;
}

std::string utf8Of(const std::u16string& text) {
  if (isPlain(text)) return {text.begin(), text.end()};
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const char32_t point = next(text, &at);
    append(&out, isHigh(point) || isLow(point) ? char32_t{kReplacement} : point);
  }
  return out;
}

std::string utf8OfLatin1(const std::string& bytes) { return utf8Of(utf16OfLatin1(bytes)); }

std::string validUtf8(const std::string& bytes) {
  for (const char byte : bytes)
    if (byte & 0x80) return utf8Of(utf16OfUtf8(bytes));
  return bytes;  // ASCII
}

std::string printable(const std::u16string& text, size_t most) {
  if (text.size() <= most && isPlain(text)) return {text.begin(), text.end()};
  const std::u16string cut = text.substr(0, most);
  std::string out;
  for (size_t at = 0; at < cut.size();) {
    const char32_t point = next(cut, &at);
    append(&out, unsafe(point) ? U'?' : point);
  }
  return out;
}

std::string printable(const std::string& utf8, size_t most) {
  if (utf8.size() <= most && isPlain(utf8)) return utf8;
  return printable(utf16OfUtf8(utf8), most);
}

std::string numberText(double number) {
  const auto whole = static_cast<int64_t>(number);
  constexpr int64_t kMost = 1'000'000'000'000'000;  // %.15g has an exponent from here
  if (number > -kMost && number < kMost && static_cast<double>(whole) == number)
    return std::to_string(whole);
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, nullptr) == number) break;
  }
  return text;
}

int64_t roundDown(double number) {
  constexpr double kMost = 9e18;  // what does not fit is as far as it goes
  if (!(number < kMost)) return static_cast<int64_t>(kMost);
  if (number < -kMost) return static_cast<int64_t>(-kMost);
  const int64_t cut = static_cast<int64_t>(number);
  return static_cast<double>(cut) > number ? cut - 1 : cut;
}

std::string timeText(double milliseconds) {
  const int64_t whole = roundDown(milliseconds);
  const time_t seconds = static_cast<time_t>((whole - (whole % 1000 + 1000) % 1000) / 1000);
  const int rest = static_cast<int>(whole - seconds * 1000);
  struct tm utc;
  char text[64];
  if (gmtime_r(&seconds, &utc) == nullptr) return "";
  snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
           utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, rest);
  return text;
}

double wallClock() {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) * 1000 + static_cast<double>(now.tv_nsec / 1'000'000);
}

std::string baseName(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  return split(path.substr(0, end == std::string::npos ? 0 : end + 1)).name;
}

std::vector<std::string> splitAt(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at; (at = text.find(separator, from)) != std::string::npos; from = at + 1)
    parts.push_back(text.substr(from, at - from));
  parts.push_back(text.substr(from));
  return parts;
}

std::vector<std::string> partsOf(const std::string& path) {
  const bool absolute = startsWith(path, "/");
  std::vector<std::string> parts;
  for (const std::string& part : splitAt(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != ".." || (!absolute && (parts.empty() || parts.back() == "..")))
      parts.push_back(part);
    else if (!parts.empty())
      parts.pop_back();
  }
  return parts;
}

std::vector<std::string> sortedOnce(const std::vector<std::string>& texts) {
  const std::set<std::string> all(texts.begin(), texts.end());
  return {all.begin(), all.end()};
}

bool endsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool startsWith(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

void replaceAll(std::string* text, char from, char to) {
  for (char& c : *text)
    if (c == from) c = to;
}

}  // namespace lockbridge
