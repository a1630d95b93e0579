// Reading /proc: an empty answer for whatever is not there or not ours to read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockbridge {

// A whole small file of the kernel's own making, or the first `most` bytes of one whose length a
// stranger decides, such as a command line.
std::string readProc(const std::string& path, size_t most = SIZE_MAX);
std::string procPath(int pid, const char* file);

// The pids that /proc shows.
std::vector<int> visiblePids();

// The inode number of a namespace of a process; 0 where it cannot be read. `pid`: a number, or
// self.
uint64_t namespaceOf(const std::string& pid, const char* kind);

// The value of a line `NAME:\t…` of a /proc/PID/status; empty if there is none.
std::string statusLine(const std::string& status, const char* name);
std::vector<int> numbersIn(const std::string& text);
// The numbers of a process from this pid namespace inwards (NSpid).
std::vector<int> namespacePids(const std::string& status);

}  // namespace lockbridge
