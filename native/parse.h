// What the kernel says in bytes, understood. Pure: nothing is read from anywhere here, so that any
// bytes can be tried on it (test/native/fuzz). Whatever they are, what comes out is a value, and
// what is not understood is left out.
#pragma once

#include <sys/inotify.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lockbridge {

// One line of /proc/locks, or one "lock:" line of an fdinfo; both have the same form.
struct LockLine {
  std::string kind;  // FLOCK, POSIX, OFDLCK
  bool write = false;
  bool waiting = false;  // "->": blocked behind a holder
  int pid = 0;           // -1: an OFD lock; 0: outside this pid namespace; may have exited (flock)
  std::string from, to;  // byte range, "0" and "EOF" for the whole file
};

// False for what is no line of an advisory lock. `where`: "maj:min:ino", as printed.
bool parseLock(const std::string& line, LockLine* out, std::string* where);

// Every line of a text, without its end.
void eachLine(const std::string& text, const std::function<void(const std::string&)>& visit);

// /proc/PID/fdinfo/FD.
struct DescriptorInfo {
  int mount = -1;  // the id of its mount, as in /proc/PID/mountinfo
  std::vector<LockLine> locks;
};
DescriptorInfo parseInfo(const std::string& text);

// /proc/PID/stat. The command in parentheses may contain anything, ")" and spaces too.
struct ProcessStat {
  unsigned long flags = 0;  // field 9, PF_… of the kernel
  uint64_t start = 0;       // field 22; 0 if the text has none
};
ProcessStat parseStat(const std::string& text);

// What one read(2) of an inotify descriptor gave; `name` is empty for the directory itself.
void eachEvent(const char* bytes, size_t size,
               const std::function<void(const inotify_event& head, std::string&& name)>& visit);

}  // namespace lockbridge
