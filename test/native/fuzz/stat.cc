// /proc/PID/stat: whatever the text, an answer; and whatever the command, the fields after it.

#include "../../../native/parse.h"
#include "check.h"

using namespace lockbridge;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string any = text(data, size);
  parseStat(any);
  const ProcessStat stat =
      parseStat("7 (" + any + ") S 1 1 1 0 -1 2097216 0 0 0 0 0 0 0 0 20 0 1 0 4463859 0 0\n");
  check(stat.flags == 2097216);
  check(stat.start == 4463859);
  return 0;
}
