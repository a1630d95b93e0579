// The one inotify descriptor of an environment: closing one takes about 15 ms and a user has 128,
// so it is opened on first use and kept. A thread reads it, keeps lineages (which cannot wait for
// the event loop: flock(1) may hold for a millisecond), and passes on the rest.
#pragma once

#include <sys/inotify.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lineage.h"
#include "sys.h"
#include "thread.h"

namespace lockbridge {

// What a watch of a directory is for; the same values are given to remove().
struct Interest {
  bool lineage = false;  // keep lineages, for which opens and closes are followed
  bool opens = false;    // pass opens on too
  bool follow = true;    // the directory may be a symbolic link
};

struct WatchEvent {
  int wd;  // -1: the queue overflowed, anything may have happened anywhere
  uint32_t mask;
  std::string name;
};

class Watcher {
 public:
  // `deliver` is called on the watcher's thread.
  explicit Watcher(std::function<void(std::vector<WatchEvent>&&)> deliver);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Watches a directory. The same directory gives the same descriptor and is counted. Watch
  // descriptor or -errno.
  int add(const std::string& dir, const Interest& interest);
  void remove(int wd, const Interest& interest);
  // What is known of a file; false if nothing.
  bool lineage(int wd, const std::string& name, Lineage* out);

 private:
  struct Directory {
    std::string path;
    int users = 0;
    int lineageUsers = 0;
    int openUsers = 0;
    Lineages lineages;
    bool uses() const { return lineageUsers > 0 || openUsers > 0; }
  };

  int open();
  void retire(int wd, const std::string& dir);
  void loop();
  void drain();
  void accept(const inotify_event& event, std::string&& name, uint64_t now);
  void pollDue();
  void pollLocks(Lineages* lineages, const std::string& name);
  void wake();

  const std::function<void(std::vector<WatchEvent>&&)> deliver_;
  std::mutex mutex_;
  Fd inotify_;
  Fd wake_;
  bool stopping_ = false;
  int retired_ = -1;
  uint64_t batch_ = 0;
  std::map<int, Directory> directories_;
  std::vector<WatchEvent> pending_;
  QuietThread thread_;
};

}  // namespace lockbridge
