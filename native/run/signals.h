// The signals that would end this program while it holds. They are blocked from the start, and read
// from a descriptor, so that none comes between a lock and its release; while somebody waits for a
// lock nothing is held, and they may end it as ever.
#pragma once

#include <csignal>
#include <initializer_list>
#include <vector>

#include "../sys.h"

namespace lockbridge {

class Signals {
 public:
  // Blocks these.
  explicit Signals(std::initializer_list<int> numbers);

  // What was blocked when we were started, for whoever waits and for the command.
  const sigset_t& before() const { return before_; }
  // Readable when one of them has come. 0 or -errno.
  int open();
  int descriptor() const { return fd_.get(); }
  // Those that have come, in their order.
  std::vector<int> take();

 private:
  sigset_t ours_, before_;
  Fd fd_;
};

}  // namespace lockbridge
