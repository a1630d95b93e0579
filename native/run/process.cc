#include "process.h"

#include <cstdlib>

#include "../parse.h"
#include "container.h"
#include "proc.h"
#include "text.h"

namespace lockbridge {

namespace {

constexpr double kTicks = 100;  // USER_HZ: what /proc counts in, whatever the kernel's own HZ
constexpr size_t kCommandBytes = 400, kPasswdBytes = 1 << 20;

// The first name of a number. By hand: getpwuid(3) would load what nsswitch.conf names, and so a
// program without shared libraries could not have it.
std::string userOf(unsigned uid) {
  const std::string text = readProc("/etc/passwd", kPasswdBytes + 1);
  if (text.size() > kPasswdBytes) return "";
  for (const std::string& line : splitAt(text, '\n')) {
    const auto fields = splitAt(line, ':');
    if (fields.size() > 2 && !fields[0].empty() && fields[2] == std::to_string(uid))
      return validUtf8(fields[0]);
  }
  return "";
}

// By the clock of the boot: the wall clock may have jumped since the process started.
double startedAt(uint64_t ticks) {
  const std::string uptime = readProc("/proc/uptime");
  if (uptime.empty() || ticks == 0) return 0;
  const double up = strtod(uptime.c_str(), nullptr);
  const double at = wallClock() - (up - static_cast<double>(ticks) / kTicks) * 1000;
  return static_cast<double>(roundDown(at));
}

}  // namespace

const ProcessInfo& Processes::info(int pid) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = seen_.find(pid);
  return found == seen_.end() ? seen_.emplace(pid, read(pid)).first->second : found->second;
}

ProcessInfo Processes::read(int pid) {
  ProcessInfo info;
  info.pid = pid;
  std::string command = readProc(procPath(pid, "cmdline"), kCommandBytes);
  while (!command.empty() && command.back() == 0) command.pop_back();
  replaceAll(&command, '\0', ' ');
  info.command = printable(command);
  if (brief_) return info;
  const std::string status = readProc(procPath(pid, "status"));
  if (status.empty()) return info;
  // A kernel thread or a zombie has no command line; ps(1) shows its name in brackets too.
  if (info.command.empty()) info.command = "[" + printable(statusLine(status, "Name")) + "]";
  const auto levels = namespacePids(status);
  if (levels.size() > 1) info.nspid = levels;
  const auto uids = numbersIn(statusLine(status, "Uid"));
  if (uids.size() > 1) info.uid = static_cast<unsigned>(uids[1]);  // the effective one
  info.started = startedAt(parseStat(readProc(procPath(pid, "stat"))).start);
  readCgroup(readProc(procPath(pid, "cgroup")), &info);
  // In a container names are its own.
  if (info.nspid.empty() && info.uid) info.user = userOf(*info.uid);
  return info;
}

}  // namespace lockbridge
