// /proc/locks, and the "lock:" lines of an fdinfo: what is taken for a lock is told in words
// without a space, never a lease, and the same whether it is read as one or the other.

#include "../../../native/parse.h"
#include "check.h"

using namespace lockbridge;

namespace {

bool isWord(const std::string& said) {
  return !said.empty() && said.find_first_of(" \n\t") == std::string::npos;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string info;
  size_t locks = 0;
  eachLine(text(data, size), [&](const std::string& line) {
    check(line.find('\n') == std::string::npos);
    info += "lock:" + line + "\n";
    LockLine lock;
    std::string where;
    if (!parseLock(line, &lock, &where)) return;
    locks++;
    for (const std::string& word : {lock.kind, lock.from, lock.to, where}) check(isWord(word));
    check(lock.kind != "LEASE" && lock.kind != "DELEG");
  });
  check(parseInfo(info).locks.size() == locks);
  return 0;
}
