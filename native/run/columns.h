// Rows in columns for a terminal.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace lockbridge {

using Row = std::array<std::string, 6>;

// How many columns of a terminal a text takes; colours take none, wide letters two.
size_t widthOf(const std::string& utf8);

// Lines whose columns start below each other.
std::string columns(const std::vector<Row>& rows);

}  // namespace lockbridge
