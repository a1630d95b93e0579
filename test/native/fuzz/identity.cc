// An inode's identity as people quote it: what is understood is written and understood again the
// same; and a path is split so that its parts name the same.

#include "../../../native/path.h"
#include "check.h"

using namespace lockbridge;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string any = text(data, size);
  Identity id, again;
  if (Identity::parse(any, &id)) check(Identity::parse(id.text(), &again) && again == id);
  const SplitPath parts = split(any);
  check(parts.name.find('/') == std::string::npos);
  check(!parts.dir.empty());
  if (any.rfind('/') > 0 && any.rfind('/') != std::string::npos)
    check(parts.dir + "/" + parts.name == any);
  return 0;
}
