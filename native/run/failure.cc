#include "failure.h"

#include <cerrno>

#include "actions.h"
#include "json.h"
#include "text.h"

namespace lockbridge {

namespace {

struct Why {
  int error;
  const char* name;
  const char* code;  // nullptr: nothing better is known than that the call failed
  Exit exit;
  const char* text;
};

constexpr char kPath[] = "ERR_LOCK_PATH", kPermission[] = "ERR_LOCK_PERMISSION",
               kCreate[] = "ERR_LOCK_CREATE", kSystem[] = "ERR_LOCK_SYSTEM",
               kUnsupported[] = "ERR_LOCK_UNSUPPORTED";

constexpr Why kWhy[] = {
    {ENOENT, "ENOENT", kPath, kNoInput, "its directory does not exist; create it first"},
    {ENOTDIR, "ENOTDIR", kPath, kNoInput, "a part of its path is not a directory"},
    {ELOOP, "ELOOP", kPath, kNoInput, "too many symbolic links on the way to it"},
    {EACCES, "EACCES", kPermission, kNoInput,
     "not permitted for this user; check owner and mode of the directory and file"},
    {EPERM, "EPERM", kPermission, kNoInput,
     "not permitted for this user; creating a file for another owner needs root"},
    {EROFS, "EROFS", kCreate, kCantCreate, "the filesystem is mounted read-only"},
    {ENOSPC, "ENOSPC", kCreate, kCantCreate, "no space is left on the filesystem; free some"},
    {EDQUOT, "EDQUOT", kCreate, kCantCreate, "the disk quota is used up"},
    {ENAMETOOLONG, "ENAMETOOLONG", kCreate, kCantCreate,
     "the name is longer than the filesystem allows"},
    {EMFILE, "EMFILE", kSystem, kOsError, "this process has no descriptor left; raise `ulimit -n`"},
    {ENFILE, "ENFILE", kSystem, kOsError, "the machine has no descriptor left"},
    {ENOMEM, "ENOMEM", kSystem, kOsError, "no memory is left"},
    {ENOLCK, "ENOLCK", kUnsupported, kOsError, "the kernel has no lock to give here"},
    {EINVAL, "EINVAL", kUnsupported, kOsError, "this filesystem does not know such a lock"},
    {ENOSYS, "ENOSYS", kUnsupported, kOsError, "this kernel does not know such a lock"},
    {EOPNOTSUPP, "EOPNOTSUPP", kUnsupported, kOsError, "this filesystem does not support it"},
    {EAGAIN, "EAGAIN", nullptr, kOsError, ""},
    {EBUSY, "EBUSY", nullptr, kOsError, ""},
    {EIO, "EIO", nullptr, kOsError, ""},
    {ENXIO, "ENXIO", nullptr, kOsError, ""},
    {EISDIR, "EISDIR", nullptr, kOsError, ""},
    {EEXIST, "EEXIST", nullptr, kOsError, ""},
    {ETXTBSY, "ETXTBSY", nullptr, kOsError, ""},
    {ENOEXEC, "ENOEXEC", nullptr, kOsError, ""},
    {E2BIG, "E2BIG", nullptr, kOsError, ""},
    {EPIPE, "EPIPE", nullptr, kOsError, ""},
    {EFBIG, "EFBIG", nullptr, kOsError, ""},
    {ESTALE, "ESTALE", nullptr, kOsError, ""},
    {ENOTEMPTY, "ENOTEMPTY", nullptr, kOsError, ""},
    {ESRCH, "ESRCH", nullptr, kOsError, ""},
};

const Why* whyOf(int error) {
  for (const Why& why : kWhy)
    if (why.error == error) return &why;
  return nullptr;
}

}  // namespace

std::string errnoName(int error) {
  const Why* why = whyOf(error);
  return why == nullptr ? "errno " + std::to_string(error) : why->name;
}

Failure fromErrno(int result, const char* syscall, const std::string& path) {
  const Why* why = whyOf(-result);
  const bool known = why != nullptr && why->code != nullptr;
  return {known ? why->exit : kOsError, known ? why->code : kSystem,
          "cannot lock '" + path + "': " + (known ? why->text : "the system call failed") + " (" +
              syscall + ": " + errnoName(-result) + ")"};
}

Failure usage(const std::string& message) { return {kUsage, "ERR_INVALID_ARGUMENT", message}; }

Failure invalid(const std::string& what, const std::string& expected, const std::string& got) {
  return usage(what + " must be " + expected + ", not " + jsonQuoted(validUtf8(got)));
}

Failure contention(const char* code, const std::vector<Inspection>& blockers) {
  const bool held = std::string(code) == "ERR_LOCK_HELD";
  std::string text;
  for (const Inspection& blocker : blockers) text += (text.empty() ? "" : "; ") + describe(blocker);
  return {kConflict, code, (held ? "locked: " : "timed out waiting: ") + text, blockers};
}

}  // namespace lockbridge
