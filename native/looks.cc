#include "looks.h"

#include <cstddef>
#include <iterator>
#include <utility>

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

ManyLooks::ManyLooks(std::vector<std::string> paths, Depth depth, Use use)
    : paths_(std::move(paths)),
      depth_(depth),
      use_(std::move(use)),
      looks_(paths_.size()),
      crew_(paths_.size(), [this](size_t begin, size_t end) { look(begin, end); }) {}

void ManyLooks::look(size_t begin, size_t end) {
  // Read when the first file asks: it makes the kernel wait for a grace period, some 20 ms.
  const Locks locks = [this](const Identity& id) {
    {
      const std::lock_guard<std::mutex> guard(reading_);
      if (!table_) table_.emplace();
    }
    return table_->of(id);
  };
  LastFilesystem last;
  const Elsewhere elsewhere = [&](int fd, const struct statx& st) {
    return last.elsewhere(fd, st);
  };
  for (size_t i = begin; i < end; i++) {
    looks_[i] = lookWith(paths_[i], depth_, locks, elsewhere);
    if (use_) use_(i, looks_[i]);
  }
}

std::vector<Look> ManyLooks::next() {
  const auto begin = looks_.begin() + static_cast<std::ptrdiff_t>(given_);
  given_ = crew_.next();
  const auto end = looks_.begin() + static_cast<std::ptrdiff_t>(given_);
  return {std::make_move_iterator(begin), std::make_move_iterator(end)};
}

std::vector<Look> lookAll(std::vector<std::string> paths, Depth depth) {
  ManyLooks many(std::move(paths), depth);
  std::vector<Look> out;
  for (std::vector<Look> some; !(some = many.next()).empty();)
    for (Look& one : some) out.push_back(std::move(one));
  return out;
}

}  // namespace lockbridge
