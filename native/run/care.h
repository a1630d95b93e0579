// Locks that are held for long: their mtime is kept two minutes ahead, for peers that judge by age,
// and a record that a peer truncates is written anew (filelock up to 3.29 does so before it finds
// that the file is locked). A lock that ends within 200 ms costs none of this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../lockfile.h"
#include "../watcher.h"

namespace lockbridge {

class Care {
 public:
  // `held` stays the caller's, and where it is. `record`: one of ours, for a file that lost its
  // own.
  Care(const std::vector<Held>& held, const std::string& record);
  ~Care();
  Care(const Care&) = delete;
  Care& operator=(const Care&) = delete;

  // Readable when a lock file has changed; -1 as long as none is watched.
  int descriptor() const { return watcher_ ? wake_.get() : -1; }
  // When `tend` wants to be called next, CLOCK_MONOTONIC in nanoseconds.
  uint64_t next() const { return next_; }
  // After `next`, or when the descriptor is readable.
  void tend();
  // Whether some path no longer names the file that is held.
  bool lost() const;

 private:
  void arm();
  void restore();

  const std::vector<Held>& held_;
  const std::string record_;
  uint64_t next_;
  Fd wake_;
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace lockbridge
