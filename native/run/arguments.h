// The command line: options and paths in any order, and a command after `--`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "failure.h"

namespace lockbridge {

struct Arguments {
  std::vector<std::string> paths;
  char* const* command = nullptr;  // what follows `--`; a null pointer ends it, at once if nothing
  bool help = false;
  bool json = false;
  bool nonblock = false;
  bool force = false;
  bool emptyIsFree = false;  // --empty, or LOCKBRIDGE_EMPTY
  std::optional<double> wait;
  int conflict = kConflict;
  std::string reason;
  std::optional<std::string> id;
  int watchPid = 0;
};

// `allowed`: the short letters of the options that the command has (each has a long name too).
Failure parseArguments(char* const* argv, const char* allowed, size_t leastPaths, Arguments* out);

}  // namespace lockbridge
