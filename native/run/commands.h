// What the command line can do, one function a command. Each gives the exit code by way of `code`
// where it is no failure.
#pragma once

#include "arguments.h"

namespace lockbridge {

struct Command {
  const char* name;
  const char* options;  // the letters of arguments.cc
  size_t leastPaths;
  size_t mostPaths;
  Failure (*checkPath)(const std::string& path);
  Failure (*run)(const Arguments& arguments, const std::string& commandLine, int* code);
};

// nullptr: there is none of that name.
const Command* commandNamed(const std::string& name);
// The text of --help.
extern const char kHelp[];

}  // namespace lockbridge
