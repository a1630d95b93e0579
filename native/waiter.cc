#include "waiter.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include "sys.h"

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

Waiter::Waiter(Held&& candidate, std::optional<Claim>&& claim, std::function<void()> woken)
    : claim_(std::move(claim)), woken_(std::move(woken)) {
  answer_.held = std::move(candidate);
  writable_ = (fcntl(answer_.held.fd.get(), F_GETFL) & O_ACCMODE) == O_RDWR;
}

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
  warmAllocator();
  const int result = waiter->wait();
  waiter->returned_.store(true);
  waiter->woken_();
  const int claimed = waiter->claim(result);
  const std::lock_guard<std::mutex> guard(waiter->mutex_);
  waiter->answer_.result = claimed;
  waiter->isSettled_ = true;
  waiter->settled_.notify_one();
  return nullptr;
}

// Blocks until one of the two locks is ours; 0 or -errno.
int Waiter::block(bool record) {
  const int fd = answer_.held.fd.get();
  struct flock whole = {};
  whole.l_type = writable_ ? F_WRLCK : F_RDLCK;
  whole.l_whence = SEEK_SET;
  while (!cancelled_.load()) {
    const int done = record ? fcntl(fd, F_OFD_SETLKW, &whole) : flock(fd, LOCK_EX);
    if (done == 0) return 0;
    if (errno != EINTR) return -errno;
  }
  return -ECANCELED;
}

// With the flock ours: the record lock too, or -EWOULDBLOCK and neither. Where we may only read the
// file, whether one is in the way is all that can be asked.
int Waiter::tryRecord() {
  if (writable_) return lockKernel(&answer_.held);
  const int fd = answer_.held.fd.get();
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const bool refused = fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  if (!refused) return 0;
  flock(fd, LOCK_UN);
  // Behind somebody who only reads too, a lock for reading is granted at once.
  return whole.l_type == F_RDLCK ? -EACCES : -EWOULDBLOCK;
}

int Waiter::wait() {
  for (;;) {
    int done = block(false);
    if (done == 0) done = tryRecord();
    if (done != -EWOULDBLOCK) return done;
    done = block(true);
    if (done < 0) return done;
    // Now the other way round.
    const int fd = answer_.held.fd.get();
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return tryRecord();
    struct flock whole = {};
    whole.l_type = F_UNLCK;
    whole.l_whence = SEEK_SET;
    fcntl(fd, F_OFD_SETLK, &whole);
  }
}

int Waiter::claim(int result) {
  if (result == 0 && claim_ && writable_) {
    result = claimLocked(&*claim_, &answer_.held);
    // A holder of lockbridge removes the name and then lets go of the file: the name may be free.
    if (result == -ESTALE && claimName(&*claim_, &answer_.held) == kTaken) result = kTaken;
    answer_.record = std::move(claim_->birth.record);
  }
  if (result <= 0) answer_.held = Held();
  return result;
}

void Waiter::cancel() {
  cancelled_.store(true);
  // A signal that arrives between the thread's look at `cancelled_` and its system call is lost:
  // repeat until the thread answers.
  while (started_ && !returned_.load()) {
    pthread_kill(thread_, cancelSignal());
    const struct timespec pause = {0, 100000};
    nanosleep(&pause, nullptr);
  }
}

Answer Waiter::fetch() {
  std::unique_lock<std::mutex> guard(mutex_);
  settled_.wait(guard, [this] { return isSettled_; });
  return std::exchange(answer_, Answer());
}

Waiter::~Waiter() {
  if (started_) {
    cancel();
    pthread_join(thread_, nullptr);
  }
  if (answer_.result == kTaken) release(std::move(answer_.held));
}

}  // namespace lockbridge
