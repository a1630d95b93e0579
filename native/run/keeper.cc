#include "keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "acquire.h"
#include "ask.h"
#include "care.h"
#include "process_fd.h"
#include "report.h"
#include "signals.h"

namespace lockbridge {

namespace {

// The holder outlives the directory that it was started in.
std::string absolute(const std::string& path) {
  const SplitPath where = split(path);
  char real[PATH_MAX];
  if (realpath(where.dir.c_str(), real) == nullptr) return path;
  return (real[1] == 0 ? "" : std::string(real)) + "/" + where.name;
}

// What the script has open beyond its standard three is none of the holder's (Linux 5.9).
void closeInherited(int one, int other) {
  const unsigned low = static_cast<unsigned>(std::min(one, other));
  const unsigned high = static_cast<unsigned>(std::max(one, other));
  if (low > 3) syscall(SYS_close_range, 3, low - 1, 0);
  if (high > low + 1) syscall(SYS_close_range, low + 1, high - 1, 0);
  syscall(SYS_close_range, high + 1, ~0U, 0);
}

// Apart from the script's terminal and directory; who reads its output must not wait for us.
void detach() {
  setsid();
  if (chdir("/") != 0) return;
  const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int standard : {0, 1, 2}) dup2(null.get(), standard);
}

// Until somebody asks, the watched process has ended, or there is nothing left to hold.
void holdUntilAsked(const std::vector<Held>& held, const std::string& record, int watched,
                    Signals* signals) {
  Care care(held, record);
  while (!care.lost()) {
    struct pollfd fds[3] = {
        {watched, POLLIN, 0}, {signals->descriptor(), POLLIN, 0}, {care.descriptor(), POLLIN, 0}};
    const uint64_t now = monotonic(), pause = care.next() > now ? care.next() - now : 0;
    const struct timespec timeout = {static_cast<time_t>(pause / 1'000'000'000),
                                     static_cast<long>(pause % 1'000'000'000)};
    const int ready = ppoll(fds, 3, &timeout, nullptr);
    if (ready > 0 && fds[0].revents != 0) return;
    if (ready > 0 && fds[1].revents != 0 && !signals->take().empty()) return;
    if (ready == 0 || (ready > 0 && fds[2].revents != 0)) care.tend();
  }
}

// In the holder: takes the lock, says so, and holds. The exit code until it has said so.
int hold(const Arguments& arguments, const std::string& path, const std::string& commandLine,
         int watched, int held, Signals* signals) {
  closeInherited(watched, held);
  // Whoever waits for us may be killed: until we hold there is no reason to go on.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  prctl(PR_SET_NAME, kHolderName);
  const RecordHead head(commandLine);
  Patience patience = {arguments.nonblock ? 0 : arguments.wait, signals->before()};
  std::vector<Held> locks;
  Failure failure =
      acquireAll({path}, head, arguments.reason, arguments.emptyIsFree, patience, &locks);
  if (!failure && signals->open() < 0) failure = fromErrno(-EMFILE, "signalfd", path);
  if (failure) {
    releaseAll(&locks);
    const int code = complain(failure);
    return failure.exit == kConflict ? arguments.conflict : code;
  }
  prctl(PR_SET_PDEATHSIG, 0);
  detach();
  // Where nobody reads it our caller was killed, and nobody will ever unlock.
  const char yes = 1;
  const bool said = retry("write", [&] { return write(held, &yes, 1); }) == 1;
  Fd(held).reset();
  if (said) holdUntilAsked(locks, head.latest(), watched, signals);
  releaseAll(&locks);
  return kOk;
}

// In the caller: until the holder holds, has failed, or the watched process has ended.
int awaitHolder(pid_t holder, int watched, int held) {
  struct pollfd fds[2] = {{held, POLLIN, 0}, {watched, POLLIN, 0}};
  retry("poll", [&] { return poll(fds, 2, -1); });
  char yes = 0;
  if (fds[0].revents == 0) {
    kill(holder, SIGTERM);  // for whom should it wait?
  } else if (retry("read", [&] { return read(held, &yes, 1); }) == 1) {
    retry("read",
          [&] { return read(held, &yes, 1); });  // its end: nothing of ours is open there any more
    return kOk;
  }
  int status = 0;
  retry("waitpid", [&] { return waitpid(holder, &status, 0); });
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Failure lockCommand(const Arguments& arguments, const std::string& commandLine, int* code) {
  if (arguments.watchPid == 0)
    return usage("--watch-pid is needed: the process whose end lets go, `$$` in a script");
  const std::string path = absolute(arguments.paths[0]);
  const Fd watched(openProcess(arguments.watchPid));
  if (watched.error() == -ESRCH)
    return usage("there is no process " + std::to_string(arguments.watchPid) + " to watch");
  if (!watched.ok()) return fromErrno(watched.error(), "pidfd_open", path);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fromErrno(-errno, "pipe", path);
  Fd held(ends[0]), holds(ends[1]);
  Signals signals({SIGTERM, SIGHUP, SIGINT, SIGQUIT, kAskSignal});
  const pid_t pid = fork();
  if (pid < 0) return fromErrno(-errno, "fork", path);
  if (pid == 0) {
    held.reset();
    _exit(hold(arguments, path, commandLine, watched.get(), holds.take(), &signals));
  }
  holds.reset();
  // The caller holds nothing: what ends it ends the holder too, as long as that has nothing either.
  pthread_sigmask(SIG_SETMASK, &signals.before(), nullptr);
  *code = awaitHolder(pid, watched.get(), held.get());
  return {};
}

}  // namespace lockbridge
