#include "ask.h"

#include <poll.h>

#include <cerrno>

#include "../parse.h"
#include "../procfs.h"
#include "actions.h"
#include "inspect.h"
#include "proc.h"
#include "process_fd.h"
#include "report.h"

namespace lockbridge {

namespace {

// What a process calls itself is its own claim; with the record, the start time and the kernel lock
// it is enough for a signal that harms nobody.
bool isHolder(int pid) {
  return readProc(procPath(pid, "comm")) == kHolderName + std::string("\n");
}

bool holdsKernelLock(int pid, const std::string& id) {
  Identity inode;
  if (!Identity::parse(id, &inode)) return false;
  for (const Opener& opener : openersOf({inode}, false).found)
    if (opener.pid == pid && !opener.locks.empty()) return true;
  return false;
}

// Why the process of the record is not one that may be asked; empty if it is. `fd` names it since
// before any of this was looked at.
std::string whyNot(const Record& record, const std::string& id) {
  const int pid = static_cast<int>(record.pid);
  if (static_cast<double>(namespaceOf("self", "pid")) != record.pidns)
    return "its holder is in another pid namespace";
  if (static_cast<double>(parseStat(readProc(procPath(pid, "stat"))).start) != record.start)
    return "the process of its record is gone";
  if (!isHolder(pid)) return "it was not taken with `lockbridge-run lock`";
  return holdsKernelLock(pid, id) ? "" : "the process of its record does not hold it";
}

Failure refused(const Inspection& seen, const std::string& why) {
  return {kConflict, "ERR_LOCK_HELD", "not unlocked: " + why + ": " + describe(seen), {seen}};
}

}  // namespace

Failure askToRelease(const std::string& path, double seconds) {
  Inspection seen;
  if (Failure failure = inspect(path, {}, &seen)) return failure;
  if (seen.verdict == Verdict::kFree) return say("'" + path + "' is free already\n");
  if (seen.by != By::kKernel || !seen.record)
    return refused(seen, "it was not taken with `lockbridge-run lock`");
  const int pid = static_cast<int>(seen.record->pid);
  const Fd process(openProcess(pid));
  if (!process.ok() && process.error() != -ESRCH)
    return fromErrno(process.error(), "pidfd_open", path);
  const std::string why = process.ok() ? whyNot(*seen.record, seen.id) : "its holder is gone";
  if (!why.empty()) return refused(seen, why);
  const int sent = signalProcess(process.get(), kAskSignal);
  if (sent < 0 && sent != -ESRCH) return fromErrno(sent, "pidfd_send_signal", path);
  // It ends when it has let go.
  struct pollfd end = {process.get(), POLLIN, 0};
  const int most = static_cast<int>(seconds > 1e6 ? 1e9 : seconds * 1000);
  if (retry("poll", [&] { return poll(&end, 1, most); }) == 1) return {};
  return {
      kConflict, "ERR_LOCK_TIMEOUT", "its holder has not let go yet: " + describe(seen), {seen}};
}

}  // namespace lockbridge
