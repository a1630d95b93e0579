// Work of many equal parts, divided among a few threads, its results used in order while the rest
// is still being done.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace lockbridge {

// Does `work` for consecutive ranges that together are 0 to count, on a few threads where there are
// parts and processors enough, and on the one that asks. Where no thread is to be had that one does
// it all. The others take no signal.
class Crew {
 public:
  Crew(size_t count, std::function<void(size_t begin, size_t end)> work);
  // Begins nothing more, and waits for what was begun.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // The end of what is done from the beginning on without a gap: more than the last time, or count.
  size_t next();

 private:
  static void* help(void* crew);
  size_t ranges() const { return done_.size(); }
  bool doOne();
  void start(size_t helpers);

  const size_t count_;
  const std::function<void(size_t, size_t)> work_;
  std::atomic<size_t> begun_{0};
  size_t used_ = 0;
  std::mutex mutex_;
  pthread_cond_t another_ = PTHREAD_COND_INITIALIZER;
  std::vector<char> done_;  // by range
  std::vector<pthread_t> threads_;
};

// All of it at once.
void divide(size_t count, const std::function<void(size_t begin, size_t end)>& work);

}  // namespace lockbridge
