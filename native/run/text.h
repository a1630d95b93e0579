// Text of strangers made safe, and bytes made into text. Inside the program a text is UTF-8; what
// is cut or judged character by character is UTF-16, because the record's bounds are counted in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockbridge {

std::u16string utf16OfLatin1(const std::string& bytes);
// Bytes that are no UTF-8 become U+FFFD, each maximal part of a sequence one, as Node has it.
std::u16string utf16OfUtf8(const std::string& bytes);
// A lone surrogate becomes U+FFFD.
std::string utf8Of(const std::u16string& text);
std::string utf8OfLatin1(const std::string& bytes);
// What may be printed of a path: it need not be UTF-8.
std::string validUtf8(const std::string& bytes);

// Cut to `most` units; control characters, marks that turn the direction of a text and lone
// surrogates become "?": none of them reaches a terminal.
std::string printable(const std::u16string& text, size_t most = 256);
std::string printable(const std::string& utf8, size_t most = 256);

// The shortest digits that read back as the same number.
std::string numberText(double number);
// floor(3), without the mathematical library, which takes its time to load.
int64_t roundDown(double number);
// RFC 3339 to the millisecond, of milliseconds since 1970.
std::string timeText(double milliseconds);
// Milliseconds since 1970 by the wall clock.
double wallClock();

std::string baseName(const std::string& path);
std::vector<std::string> splitAt(const std::string& text, char separator);
// The parts of a path without empty ones and `.`, each `..` taken back where something is before
// it.
std::vector<std::string> partsOf(const std::string& path);
// Sorted, each once.
std::vector<std::string> sortedOnce(const std::vector<std::string>& texts);
bool endsWith(const std::string& text, const std::string& end);
bool startsWith(const std::string& text, const std::string& start);
void replaceAll(std::string* text, char from, char to);

}  // namespace lockbridge
