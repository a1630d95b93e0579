#include "waiter.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

namespace lockbridge {

namespace {

void ignore(int) {}

// The signal that interrupts a blocked flock(2): a realtime one that nobody handles yet, so that no
// listener of the application is in the way. Its handler does nothing and is installed without
// SA_RESTART, which is what makes the call return EINTR (signal(7)). A disposition belongs to the
// whole process, hence the one static here.
int cancelSignal() {
  static const int chosen = [] {
    for (int signal = SIGRTMAX - 2; signal > SIGRTMIN + 2; signal--) {
      struct sigaction now;
      if (sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
      struct sigaction ours = {};
      ours.sa_handler = ignore;
      sigemptyset(&ours.sa_mask);
      if (sigaction(signal, &ours, nullptr) == 0) return signal;
    }
    return 0;
  }();
  return chosen;
}

}  // namespace

Waiter::Waiter(int fd, WaitFor what, std::function<void(int)> done)
    : fd_(fd), what_(what), done_(std::move(done)) {}

int Waiter::start() {
  const int signal = cancelSignal();
  if (signal == 0) return -EAGAIN;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 128 * 1024);
  // The thread takes no signal but its own: the application's go to its own threads.
  sigset_t all, before;
  sigfillset(&all);
  sigdelset(&all, signal);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failed = pthread_create(&thread_, &attributes, run, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  started_ = failed == 0;
  return -failed;
}

void* Waiter::run(void* self) {
  Waiter* waiter = static_cast<Waiter*>(self);
  const int result = waiter->wait();
  waiter->finished_.store(true);
  waiter->done_(result);
  return nullptr;
}

int Waiter::wait() {
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  while (!cancelled_.load()) {
    const int done =
        what_ == WaitFor::kFlock ? flock(fd_, LOCK_EX) : fcntl(fd_, F_OFD_SETLKW, &whole);
    if (done == 0) return 0;
    if (errno != EINTR) return -errno;
  }
  return -ECANCELED;
}

void Waiter::cancel() {
  cancelled_.store(true);
  // A signal that arrives between the thread's look at `cancelled_` and its system call is lost:
  // repeat until the thread answers.
  while (started_ && !finished_.load()) {
    pthread_kill(thread_, cancelSignal());
    const struct timespec pause = {0, 100000};
    nanosleep(&pause, nullptr);
  }
}

Waiter::~Waiter() {
  if (!started_) return;
  cancel();
  pthread_join(thread_, nullptr);
}

}  // namespace lockbridge
