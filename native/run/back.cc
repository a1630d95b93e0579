#include "back.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace lockbridge {

void goBack(const std::vector<std::string>& words) {
  // Node's program and its script, apart by a newline; src/env.ts sets it.
  const char* back = getenv("LOCKBRIDGE_BACK");
  const std::string way = back == nullptr ? "" : back;
  const size_t end = way.find('\n');
  if (end == std::string::npos) return;
  const std::string node = way.substr(0, end), script = way.substr(end + 1);
  std::vector<char*> all = {const_cast<char*>(node.c_str()), const_cast<char*>(script.c_str())};
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  unsetenv("LOCKBRIDGE_BACK");
  setenv("LOCKBRIDGE_RUN", "node", 1);
  signal(SIGPIPE, SIG_DFL);
  execv(node.c_str(), all.data());
}

}  // namespace lockbridge
