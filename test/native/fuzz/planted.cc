// A fault that is there to be found: one byte past the end, behind a word that chance alone does
// not hit in as many runs.

#include <vector>

#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<uint8_t> bytes(data, data + size);
  const std::string word = "lock:";
  size_t same = 0;
  while (same < word.size() && same < size && bytes[same] == static_cast<uint8_t>(word[same]))
    same++;
  return same == word.size() && bytes.data()[size] == 1 ? 1 : 0;
}
