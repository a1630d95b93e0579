// An inspection as people and machines read it, and how anything is said: on stdout and stderr, in
// valid UTF-8 whatever the bytes of a path are.
#pragma once

#include <string>
#include <vector>

#include "failure.h"
#include "inspection.h"
#include "json.h"

namespace lockbridge {

void writeJson(const Record& record, JsonWriter* out);
void writeJson(const Inspection& seen, JsonWriter* out);
void writeJson(const std::vector<Inspection>& seen, JsonWriter* out);

// On stdout. A reader that has read enough (`| head`) is no failure; a full disk is one: 1 would
// mean that it is held.
Failure say(const std::string& text);
Failure say(const JsonWriter& json);
// One line on stderr.
void warn(const std::string& text);
// Prints a failure as one line and gives its exit code. `program`: where help is to be had.
int complain(const Failure& failure, const std::string& program = "lockbridge-run");

}  // namespace lockbridge
