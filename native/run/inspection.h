// What an inspection says, as data: what `status` prints and what every refusal is made of. The
// same shapes as src/inspect/types.ts, where each field is explained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "record.h"

namespace lockbridge {

struct Evidence {
  std::string kind;
  std::string text;
};

struct Container {
  std::string engine;
  std::string id;
  std::string name;  // empty: not known
};

// Texts that are empty are not known.
struct ProcessInfo {
  int pid = 0;
  std::vector<int> nspid;
  std::string command;
  std::optional<unsigned> uid;
  std::string user;
  double started = 0;  // whole milliseconds since 1970; 0: not known
  std::optional<Container> container;
  std::string unit;
};

enum class Role { kHolds, kWaits, kNamed, kOpen };

struct Holder {
  ProcessInfo process;
  Role role = Role::kHolds;
  const char* source = "flock";
  const char* mode = "";
  std::string range;
  int sharedWith = 0;
  std::optional<bool> alive;
};

struct Action {
  const char* kind;
  std::string text;
  std::vector<std::string> command;
  std::string risk;
};

struct Since {
  double at = 0;  // milliseconds since 1970
  const char* from = "birth";
};

enum class Verdict { kFree, kHeld, kStale, kResidue };
enum class By { kNone, kKernel, kExistence, kUndecidable };

const char* nameOf(Verdict verdict);
const char* nameOf(By by);
const char* nameOf(Role role);

struct Inspection {
  std::string path;
  Verdict verdict = Verdict::kFree;
  By by = By::kNone;
  std::string protocol;
  std::string certainty;
  std::string object;  // empty when free
  std::string id;
  std::vector<Holder> holders;
  std::vector<Holder> orphans;
  std::optional<Record> record;
  std::optional<Since> since;
  double changed = 0;
  std::string app, service;
  std::vector<Evidence> evidence;
  std::vector<std::string> unseen;
  std::vector<Action> actions;
};

}  // namespace lockbridge
