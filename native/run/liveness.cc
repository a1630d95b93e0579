#include "liveness.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "../parse.h"
#include "proc.h"
#include "text.h"

namespace lockbridge {

namespace {

constexpr uint64_t kInitialPidNamespace = 0xeffffffc;  // PROC_PID_INIT_INO, fixed in the kernel

// Namespace, number in there and start time: what a record names.
std::string identity(double pidns, double pid, double start) {
  return numberText(pidns) + ' ' + numberText(pid) + ' ' + numberText(start);
}

std::map<std::string, int> identities() {
  std::map<std::string, int> all;
  for (const int pid : visiblePids()) {
    const auto levels = namespacePids(readProc(procPath(pid, "status")));
    if (levels.empty()) continue;
    const double start = static_cast<double>(parseStat(readProc(procPath(pid, "stat"))).start);
    const double space = static_cast<double>(namespaceOf(std::to_string(pid), "pid"));
    all[identity(space, levels.back(), start)] = pid;
  }
  return all;
}

std::set<int> numbers() {
  std::set<int> all;
  for (const int pid : visiblePids()) {
    all.insert(pid);
    for (const int level : namespacePids(readProc(procPath(pid, "status")))) all.insert(level);
  }
  return all;
}

}  // namespace

bool inInitialPidNamespace() { return namespaceOf("self", "pid") == kInitialPidNamespace; }

bool procIsOurs() {
  char self[16];
  const ssize_t size = readlink("/proc/self", self, sizeof self);
  return size > 0 && std::string(self, static_cast<size_t>(size)) == std::to_string(getpid());
}

bool procHidesProcesses() {
  std::string last;
  for (const std::string& line : splitAt(readProc("/proc/self/mountinfo"), '\n')) {
    const size_t point = line.find(" /proc ");
    if (point != std::string::npos && line.find(" - proc ", point) != std::string::npos)
      last = line;
  }
  if (last.empty()) return true;
  for (const char* value : {"1", "2", "4", "invisible", "noaccess", "ptraceable"})
    if (last.find(std::string("hidepid=") + value) != std::string::npos) return true;
  return false;
}

bool seesEveryProcess() { return inInitialPidNamespace() && procIsOurs() && !procHidesProcesses(); }

bool PidTable::complete() {
  if (!complete_) complete_ = seesEveryProcess();
  return *complete_;
}

Alive PidTable::alive(int pid) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (!numbers_) numbers_ = numbers();
  if (numbers_->count(pid) > 0) return Alive::kYes;
  return complete() ? Alive::kNo : Alive::kUnknown;
}

std::string PidTable::fateOf(const Record& record) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const std::string who = "the process of its record (pid " + numberText(record.pid) + ")";
  if (boot_.empty()) boot_ = bootId();
  if (record.boot != boot_) return who + " is of an earlier boot, or of another machine";
  if (!identities_) identities_ = identities();
  const auto living = identities_->find(identity(record.pidns, record.pid, record.start));
  if (living != identities_->end())
    return who + " lives: it is pid " + std::to_string(living->second) + " here";
  return complete() ? who + " is gone: none has its number, namespace and start time"
                    : who + " is not in sight; whether it lives cannot be told from here";
}

bool processGone(const Record& record) {
  if (record.boot != bootId()) return false;
  if (static_cast<double>(namespaceOf("self", "pid")) != record.pidns || !procIsOurs())
    return false;
  // Only what is a number of a process at all is asked for.
  if (record.pid < 1 || record.pid > 4194304) return false;
  const int pid = static_cast<int>(record.pid);
  const std::string stat = readProc(procPath(pid, "stat"));
  if (!stat.empty()) return static_cast<double>(parseStat(stat).start) != record.start;
  return kill(pid, 0) != 0 && errno == ESRCH;  // EPERM: hidden from us, but there
}

}  // namespace lockbridge
