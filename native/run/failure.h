// What ends a command: a code of src/errors.ts, its exit code, and one line that says what, where,
// why and what to do.
#pragma once

#include <string>
#include <vector>

#include "inspection.h"

namespace lockbridge {

// sysexits.h, as flock(1) and lockfile(1) use them.
enum Exit : int {
  kOk = 0,
  kConflict = 1,
  kUsage = 64,
  kNoInput = 66,
  kUnavailable = 69,
  kOsError = 71,
  kCantCreate = 73,
};

struct Failure {
  Exit exit = kOk;
  const char* code = "";
  std::string message;
  std::vector<Inspection> blockers = {};  // everybody who stood in the way

  explicit operator bool() const { return exit != kOk; }
};

// For a negative errno that a call on `path` returned.
Failure fromErrno(int result, const char* syscall, const std::string& path);
std::string errnoName(int error);
// For an argument that is not usable.
Failure invalid(const std::string& what, const std::string& expected, const std::string& got);
Failure usage(const std::string& message);
// Somebody else holds them: `code` is ERR_LOCK_HELD or ERR_LOCK_TIMEOUT.
Failure contention(const char* code, const std::vector<Inspection>& blockers);

}  // namespace lockbridge
