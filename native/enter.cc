#include "enter.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <csignal>
#include <cstdlib>

#include "sys.h"

namespace lockbridge {

namespace {

// Names the file itself, whatever happens to its path meanwhile.
Fd openPlace(const std::string& path, struct stat* st) {
  Fd place(retry([&] { return open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC); }));
  if (!place.ok()) return place;
  const int done = retry([&] { return fstat(place.get(), st); });
  if (done < 0) return Fd(done);
  return S_ISLNK(st->st_mode) ? Fd(-ELOOP) : std::move(place);
}

std::string pathOf(const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

// A bind mount begins with the flags of what it shows; changing one means saying all (mount(2)).
int makeReadOnly(const std::string& target, const struct stat& shown) {
  struct stat st;
  const Fd mounted = openPlace(target, &st);
  if (!mounted.ok()) return mounted.error();
  if (st.st_dev != shown.st_dev || st.st_ino != shown.st_ino) return -EAGAIN;
  struct statvfs fs;
  const int known = retry([&] { return fstatvfs(mounted.get(), &fs); });
  if (known < 0) return known;
  unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
  if (fs.f_flag & ST_NOSUID) flags |= MS_NOSUID;
  if (fs.f_flag & ST_NODEV) flags |= MS_NODEV;
  if (fs.f_flag & ST_NOEXEC) flags |= MS_NOEXEC;
  return retry([&] { return mount(nullptr, pathOf(mounted).c_str(), nullptr, flags, nullptr); });
}

// All of them, not those that we know of: whoever started us may have left some open.
int closeOnExec() {
  DIR* dir = opendir("/proc/self/fd");
  if (dir == nullptr) return -errno;
  while (const struct dirent* entry = readdir(dir)) {
    const int fd = atoi(entry->d_name);
    if (fd > STDERR_FILENO) fcntl(fd, F_SETFD, FD_CLOEXEC);
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
  const int done = retry([] { return unshare(CLONE_NEWNS); });
  if (done < 0) return done;
  return retry([] { return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr); });
}

int bindMount(const std::string& source, const std::string& target, bool readOnly) {
  struct stat from, to;
  const Fd shown = openPlace(source, &from);
  if (!shown.ok()) return shown.error();
  const Fd place = openPlace(target, &to);
  if (!place.ok()) return place.error();
  const unsigned long flags = MS_BIND | (readOnly ? 0 : MS_REC);
  const int done = retry(
      [&] { return mount(pathOf(shown).c_str(), pathOf(place).c_str(), nullptr, flags, nullptr); });
  return done < 0 || !readOnly ? done : makeReadOnly(target, from);
}

int execute(const std::string& program, const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment) {
  const int closing = closeOnExec();
  if (closing < 0) return closing;
  struct sigaction byDefault = {};
  byDefault.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &byDefault, nullptr);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  execve(program.c_str(), pointers(arguments).data(), pointers(environment).data());
  return -errno;
}

}  // namespace lockbridge
