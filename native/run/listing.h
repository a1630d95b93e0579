// `ls`: every lock below some directories, a line each, as src/cli/ls.ts has it.
#pragma once

#include "arguments.h"

namespace lockbridge {

Failure ls(const Arguments& arguments, const std::string& commandLine, int* code);

}  // namespace lockbridge
