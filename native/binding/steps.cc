// Single system calls, for tools and tests; and what makes a process a service.


#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "../enter.h"
#include "../traits.h"
#include "arguments.h"
#include "doors.h"

namespace lockbridge {

namespace {

// Primitives, for tools and tests.
Napi::Value OpenExclusive(Info info) {
  const std::string path = text(info[0]);
  const mode_t mode = static_cast<mode_t>(integer(info[1]));
  return number(info, retry("open", [&] {
                  return open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                              mode);
                }));
}
Napi::Value Flock(Info info) {
  const int fd = integer(info[0]), operation = integer(info[1]);
  // Without waiting, whatever was asked: this is the event loop's thread.
  return number(info, retry("flock", [&] { return flock(fd, operation | LOCK_NB); }));
}
Napi::Value OfdLock(Info info) {
  struct flock whole = {};
  whole.l_type = static_cast<short>(integer(info[1]));
  whole.l_whence = SEEK_SET;
  const int fd = integer(info[0]);
  return number(info, retry("fcntl", [&] { return fcntl(fd, F_OFD_SETLK, &whole); }));
}
// The type of the lock in the way of an exclusive one, F_UNLCK if none is.
Napi::Value OfdTest(Info info) {
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const int fd = integer(info[0]);
  const int done = retry("fcntl", [&] { return fcntl(fd, F_OFD_GETLK, &whole); });
  return number(info, done < 0 ? done : whole.l_type);
}
Napi::Value Close(Info info) { return number(info, close(integer(info[0])) == 0 ? 0 : -errno); }

// Single steps, for whoever asks what a directory can do.
Napi::Value OpenNameless(Info info) {
  return number(info, openNameless(text(info[0]), static_cast<mode_t>(integer(info[1]))));
}
Napi::Value NameFile(Info info) { return number(info, nameFile(integer(info[0]), text(info[1]))); }
Napi::Value Exchange(Info info) { return number(info, exchange(text(info[0]), text(info[1]))); }
Napi::Value Lease(Info info) { return number(info, lease(integer(info[0]))); }
Napi::Value SetAttribute(Info info) { return number(info, setAttribute(integer(info[0]))); }

// What makes a process a service.
Napi::Value PrivateMounts(Info info) { return number(info, privateMounts()); }
Napi::Value OpenPlace(Info info) { return number(info, openPlace(text(info[0]))); }
Napi::Value BindMount(Info info) {
  return number(info,
                bindMount(integer(info[0]), text(info[1]), info[2].As<Napi::Boolean>().Value()));
}
Napi::Value Execute(Info info) {
  if (info.Length() < 3) return number(info, execute(text(info[0]), texts(info[1]), nullptr));
  const std::vector<std::string> environment = texts(info[2]);
  return number(info, execute(text(info[0]), texts(info[1]), &environment));
}

Napi::Value IdOf(Info info) {
  struct statx st;
  const int done = statFd(integer(info[0]), &st);
  if (done < 0) return number(info, done);
  return Napi::String::New(info.Env(), identityOf(st).text());
}

}  // namespace

void defineSteps(Napi::Object* exports) {
  define(exports, "openExclusive", OpenExclusive);
  define(exports, "flock", Flock);
  define(exports, "ofdLock", OfdLock);
  define(exports, "ofdTest", OfdTest);
  define(exports, "identity", IdOf);
  define(exports, "close", Close);
  define(exports, "openNameless", OpenNameless);
  define(exports, "nameFile", NameFile);
  define(exports, "exchange", Exchange);
  define(exports, "lease", Lease);
  define(exports, "setAttribute", SetAttribute);
  define(exports, "privateMounts", PrivateMounts);
  define(exports, "openPlace", OpenPlace);
  define(exports, "bindMount", BindMount);
  define(exports, "execute", Execute);
}

}  // namespace lockbridge
