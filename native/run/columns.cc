#include "columns.h"

#include <algorithm>
#include <utility>

#include "text.h"

namespace lockbridge {

namespace {

struct Range {
  char32_t from, to;
};

// Of the Unicode standard: marks that are put over the letter before (category Mn, the common
// ones), and letters of East Asian width W or F, with the emoji.
constexpr Range kOver[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},
                           {0x64b, 0x65f},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},
                           {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
constexpr Range kWide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},  {0xa960, 0xa97c}, {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
    {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

template <size_t N>
bool isIn(const Range (&ranges)[N], char32_t point) {
  return std::any_of(ranges, ranges + N,
                     [point](const Range& one) { return point >= one.from && point <= one.to; });
}

}  // namespace

size_t widthOf(const std::string& utf8) {
  // Nearly all are ASCII, or were cut and end with an ellipsis.
  constexpr char kEllipsis[] = "…";
  const bool isCut = endsWith(utf8, kEllipsis);
  const auto end = utf8.end() - (isCut ? sizeof kEllipsis - 1 : 0);
  if (std::all_of(utf8.begin(), end, [](char c) { return c >= ' ' && c <= '~'; }))
    return static_cast<size_t>(end - utf8.begin()) + (isCut ? 1 : 0);
  size_t width = 0;
  const std::u16string units = utf16OfUtf8(utf8);
  for (size_t at = 0; at < units.size(); at++) {
    char32_t point = units[at];
    if (point == 0x1b) {  // a colour: up to its m
      at = std::min(units.find(u'm', at), units.size());
      continue;
    }
    if (point >= 0xd800 && point < 0xdc00 && at + 1 < units.size())
      point = 0x10000 + ((point - 0xd800) << 10) + (units[++at] - 0xdc00);
    width += isIn(kOver, point) ? 0 : isIn(kWide, point) ? 2 : 1;
  }
  return width;
}

std::string columns(const std::vector<Row>& rows) {
  size_t widths[std::tuple_size<Row>::value] = {};
  for (const Row& row : rows)
    for (size_t at = 0; at < row.size(); at++) widths[at] = std::max(widths[at], widthOf(row[at]));
  std::string text;
  for (const Row& row : rows) {
    for (size_t at = 0; at < row.size(); at++) {
      text += row[at];
      if (at + 1 < row.size()) text.append(widths[at] - widthOf(row[at]) + 2, ' ');
    }
    text.resize(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

}  // namespace lockbridge
