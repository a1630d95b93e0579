#include "enter.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "sys.h"

namespace lockbridge {

namespace {

std::string pathOf(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// A bind mount begins with the flags of what it shows; changing one means saying all (mount(2)).
int makeReadOnly(int source, const std::string& target) {
  const Fd mounted(openPlace(target));
  if (!mounted.ok()) return mounted.error();
  struct stat from, at;
  struct statvfs fs;
  const int known = retry("fstat", [&] {
    return fstat(source, &from) | fstat(mounted.get(), &at) | fstatvfs(mounted.get(), &fs);
  });
  if (known < 0) return known;
  if (at.st_dev != from.st_dev || at.st_ino != from.st_ino) return -EAGAIN;  // renamed meanwhile
  unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
  if (fs.f_flag & ST_NOSUID) flags |= MS_NOSUID;
  if (fs.f_flag & ST_NODEV) flags |= MS_NODEV;
  if (fs.f_flag & ST_NOEXEC) flags |= MS_NOEXEC;
  const std::string path = pathOf(mounted.get());
  return retry("mount", [&] { return mount(nullptr, path.c_str(), nullptr, flags, nullptr); });
}

// All of them, not those that we know of: whoever started us may have left some open. The first
// three stay, which Node marks to be closed in itself.
int closeAllButStdio() {
  DIR* dir = opendir("/proc/self/fd");
  if (dir == nullptr) return -errno;
  while (const struct dirent* entry = readdir(dir)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.') fcntl(fd, F_SETFD, fd > STDERR_FILENO ? FD_CLOEXEC : 0);
  }
  closedir(dir);
  return 0;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

int privateMounts() {
  const int done = retry("unshare", [] { return unshare(CLONE_NEWNS); });
  if (done < 0) return done;
  return retry("mount", [] { return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr); });
}

int openPlace(const std::string& path) {
  Fd place(retry("open", [&] { return open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC); }));
  if (!place.ok()) return place.error();
  struct stat st;
  const int done = retry("fstat", [&] { return fstat(place.get(), &st); });
  if (done < 0) return done;
  return S_ISLNK(st.st_mode) ? -ELOOP : place.take();
}

int bindMount(int source, const std::string& target, bool readOnly) {
  const Fd place(openPlace(target));
  if (!place.ok()) return place.error();
  const std::string from = pathOf(source), to = pathOf(place.get());
  const unsigned long flags = MS_BIND | (readOnly ? 0 : MS_REC);
  const int done =
      retry("mount", [&] { return mount(from.c_str(), to.c_str(), nullptr, flags, nullptr); });
  return done < 0 || !readOnly ? done : makeReadOnly(source, target);
}

int execute(const std::string& program, const std::vector<std::string>& arguments,
            const std::vector<std::string>* environment) {
  const int closing = closeAllButStdio();
  if (closing < 0) return closing;
  struct sigaction before[NSIG], byDefault = {};
  byDefault.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &byDefault, &before[signal]);
  sigset_t none, mask;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, &mask);
  execve(program.c_str(), pointers(arguments).data(),
         environment == nullptr ? environ : pointers(*environment).data());
  const int failed = -errno;
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &before[signal], nullptr);
  return failed;
}

}  // namespace lockbridge
