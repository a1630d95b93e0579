#include "execute.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

#include <cerrno>

#include "care.h"

namespace lockbridge {

namespace {

// In the child of a vfork(2), which has our memory but descriptors and signals of its own: what it
// may do is make system calls. Returns the errno if it cannot become the command.
int become(char* const* command, const std::vector<Held>& held, const sigset_t& mask) {
  for (const Held& lock : held) fcntl(lock.fd.get(), F_SETFD, 0);
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
  execvp(command[0], command);
  return errno;
}

// The pid, or -errno.
int start(char* const* command, const std::vector<Held>& held, const sigset_t& mask) {
  volatile int error = 0;
  const pid_t pid = vfork();  // the child stops us until it has become the command, or ended
  if (pid < 0) return -errno;
  if (pid == 0) {
    error = become(command, held, mask);
    _exit(127);
  }
  if (error == 0) return pid;
  waitpid(pid, nullptr, 0);
  return -error;
}

// It is not reaped: until then its number is its own, and no signal reaches anybody else.
bool hasEnded(pid_t pid) {
  siginfo_t info = {};
  return retry("waitid",
               [&] {
                 return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG);
               }) < 0 ||
         info.si_pid == pid;
}

// A terminal sends its signals to the command as well; the others are passed on. Either way the
// command decides, and we hold until it has ended.
bool passOn(Signals* signals, pid_t pid) {
  bool child = false;
  for (const int number : signals->take()) {
    if (number == SIGTERM || number == SIGHUP) kill(pid, number);
    child = child || number == SIGCHLD;
  }
  return child && hasEnded(pid);
}

void holdUntilEnded(pid_t pid, const std::vector<Held>& held, const std::string& record,
                    Signals* signals) {
  Care care(held, record);
  for (;;) {
    struct pollfd fds[2] = {{signals->descriptor(), POLLIN, 0}, {care.descriptor(), POLLIN, 0}};
    const uint64_t now = monotonic(), pause = care.next() > now ? care.next() - now : 0;
    const struct timespec timeout = {static_cast<time_t>(pause / 1'000'000'000),
                                     static_cast<long>(pause % 1'000'000'000)};
    const int ready = ppoll(fds, 2, &timeout, nullptr);
    if (ready > 0 && fds[0].revents != 0 && passOn(signals, pid)) return;
    if (ready == 0 || (ready > 0 && fds[1].revents != 0)) care.tend();
  }
}

}  // namespace

Failure execute(char* const* command, const std::vector<Held>& held, const std::string& record,
                Signals* signals, int* code) {
  signal(SIGCHLD, SIG_DFL);  // ignored, it would reap the command before us
  const int opened = signals->open();
  const int pid = opened < 0 ? opened : start(command, held, signals->before());
  if (pid < 0)
    return {kUnavailable, "ERR_COMMAND",
            std::string("cannot execute '") + command[0] + "': " + errnoName(-pid) +
                "; is it installed and on PATH?"};
  holdUntilEnded(pid, held, record, signals);
  int status = 0;
  retry("waitpid", [&] { return waitpid(pid, &status, 0); });
  *code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return {};
}

}  // namespace lockbridge
