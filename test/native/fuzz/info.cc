// /proc/PID/fdinfo/FD: other lines before and after change nothing.

#include "../../../native/parse.h"
#include "check.h"

using namespace lockbridge;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string any = text(data, size);
  const DescriptorInfo alone = parseInfo(any);
  const DescriptorInfo among = parseInfo("pos:\t0\nflags:\t02\n" + any + "\nino:\t1\n");
  check(alone.mount == among.mount);
  check(alone.locks.size() == among.locks.size());
  return 0;
}
