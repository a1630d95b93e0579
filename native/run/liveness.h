// Is the process that a lock file names dead? A pid is only a number of some unknown namespace, so
// "dead" needs: the initial pid namespace, a /proc that hides nobody, and no process with that
// number at any level of its NSpid (pid_namespaces(7), proc(5) hidepid). Anything else: unknown.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "record.h"

namespace lockbridge {

bool inInitialPidNamespace();
// Whether the numbers in this /proc are those of our own pid namespace: after a bare unshare(2)
// not.
bool procIsOurs();
// Whether the /proc on top leaves processes out, or none is there at all.
bool procHidesProcesses();
bool seesEveryProcess();

enum class Alive { kNo, kYes, kUnknown };

// Every number that a process has, here or in a container. Read when first asked, so ask after the
// file that names a pid was read: then its writer, if it lives, is in here. Several threads may
// ask.
class PidTable {
 public:
  Alive alive(int pid);
  // What became of the process that a record names, as a sentence.
  std::string fateOf(const Record& record);

 private:
  bool complete();

  std::mutex mutex_;
  std::string boot_;
  std::optional<bool> complete_;
  std::optional<std::set<int>> numbers_;
  std::optional<std::map<std::string, int>> identities_;
};

// Whether the process of a record is provably gone: same boot and pid namespace as ours, and none
// with that number and start time. False also where that cannot be known.
bool processGone(const Record& record);

}  // namespace lockbridge
