#include "looks.h"

#include <mutex>
#include <optional>

#include "crew.h"

namespace lockbridge {

namespace {

// Whether locks may be taken elsewhere is a matter of the filesystem; neighbours are on the same
// one.
class LastFilesystem {
 public:
  bool elsewhere(int fd, const struct statx& st) {
    const auto device = std::make_pair(st.stx_dev_major, st.stx_dev_minor);
    if (device_ != device) elsewhere_ = mayBeLockedElsewhere(fd);
    device_ = device;
    return elsewhere_;
  }

 private:
  std::optional<std::pair<uint32_t, uint32_t>> device_;
  bool elsewhere_ = false;
};

}  // namespace

std::vector<Look> lookAll(const std::vector<std::string>& paths, Depth depth) {
  // Read when the first file asks: it makes the kernel wait for a grace period, some 20 ms.
  std::once_flag read;
  std::optional<LockTable> table;
  const Locks locks = [&](const Identity& id) {
    std::call_once(read, [&] { table.emplace(); });
    return table->of(id);
  };
  std::vector<Look> out(paths.size());
  inParallel(paths.size(), [&](size_t begin, size_t end) {
    LastFilesystem last;
    const Elsewhere elsewhere = [&](int fd, const struct statx& st) {
      return last.elsewhere(fd, st);
    };
    for (size_t i = begin; i < end; i++) out[i] = lookWith(paths[i], depth, locks, elsewhere);
  });
  return out;
}

}  // namespace lockbridge
