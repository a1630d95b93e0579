#include "proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "../sys.h"

namespace lockbridge {

std::string readProc(const std::string& path, size_t most) {
  std::string text;
  const Fd fd(retry("open", [&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY); }));
  if (!fd.ok()) return text;
  char chunk[4096];
  while (text.size() < most) {
    const size_t want = std::min(sizeof chunk, most - text.size());
    const ssize_t got = retry("read", [&] { return read(fd.get(), chunk, want); });
    if (got <= 0) break;
    text.append(chunk, static_cast<size_t>(got));
  }
  return text;
}

std::string procPath(int pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

std::vector<int> visiblePids() {
  std::vector<int> pids;
  DIR* dir = opendir("/proc");
  if (dir == nullptr) return pids;
  while (const dirent* entry = readdir(dir)) {
    char* end;
    const long pid = strtol(entry->d_name, &end, 10);
    if (*end == 0 && pid > 0) pids.push_back(static_cast<int>(pid));
  }
  closedir(dir);
  return pids;
}

uint64_t namespaceOf(const std::string& pid, const char* kind) {
  struct stat st;
  const std::string path = "/proc/" + pid + "/ns/" + kind;
  return stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

std::string statusLine(const std::string& status, const char* name) {
  const std::string head = std::string(name) + ":\t";
  size_t at = status.compare(0, head.size(), head) == 0 ? 0 : status.find('\n' + head);
  if (at == std::string::npos) return "";
  at = status.find('\t', at) + 1;
  return status.substr(at, status.find('\n', at) - at);
}

std::vector<int> numbersIn(const std::string& text) {
  std::vector<int> numbers;
  const char* at = text.c_str();
  for (char* end; *at != 0; at = end) {
    const long number = strtol(at, &end, 10);
    if (end == at) break;
    numbers.push_back(static_cast<int>(number));
  }
  return numbers;
}

std::vector<int> namespacePids(const std::string& status) {
  return numbersIn(statusLine(status, "NSpid"));
}

}  // namespace lockbridge
