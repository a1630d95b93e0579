// The one inotify descriptor of an environment: closing one takes about 15 ms and a user has 128,
// so it is opened on first use and kept. A thread reads it, keeps lineages (which cannot wait for
// the event loop: flock(1) may hold for a millisecond), and passes on the rest.
#pragma once

#include <pthread.h>
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
  // Whoever watches the directory alone is about to make events in it that are news to nobody: they
  // would wake this thread, which takes the processor from whoever is told. Until the watch is
  // removed, or restored because nothing came of it; what happened meanwhile is lost.
  void hush(int wd);
  void restore(int wd);
  // What is known of a file; false if nothing.
  bool lineage(int wd, const std::string& name, Lineage* out);
  // When `name` goes from the directory, `gone` is called on the watcher's thread, before anybody
  // is told; once, and for one of those who expect it, the first. The directory stays watched
  // meanwhile. An id for withdraw.
  int expect(int wd, const std::string& name, std::function<void()> gone);
  // False: `gone` is called, or was.
  bool withdraw(int wd, int id);
  // What becomes readable when something happened, or -1; for who wants to call turn() then.
  int descriptor() const { return inotify_.get(); }
  // Does on the calling thread what the watcher's would do about what has happened, unless that one
  // is at it.
  void turn();

 private:
  struct Expectation {
    int id;
    std::function<void()> gone;
  };
  struct Directory {
    std::string path;
    int users = 0;
    int lineageUsers = 0;
    int openUsers = 0;
    bool hushed = false;
    Lineages lineages;
    std::multimap<std::string, Expectation> expected;  // by name, in the order of their coming
    bool uses() const { return lineageUsers > 0 || openUsers > 0; }
  };

  int open();
  void retire(int wd, const Directory& entry);
  bool silence(int wd, const std::string& dir);
  void widen(Directory* entry);
  void loop();
  bool once();
  void drain();
  void catchUp();
  void accept(const inotify_event& event, std::string&& name, uint64_t now);
  void expectedIsGone(Directory* entry, const std::string& name);
  uint64_t nextPoll();
  void pollDue();
  void askDue();
  Lineage* find(int wd, const std::string& name);
  void wake();

  const std::function<void(std::vector<WatchEvent>&&)> deliver_;
  std::mutex
      turn_;  // held while events are read, acted on and passed on, so that they keep their order
  std::mutex mutex_;
  Fd inotify_;
  Fd wake_;
  bool stopping_ = false;
  int retired_ = -1;
  uint64_t batch_ = 0;
  std::map<int, Directory> directories_;
  std::vector<WatchEvent> pending_;
  std::vector<std::function<void()>> gone_;
  int nextExpectation_ = 1;
  // Not of the standard library: its exceptions would make lockbridge-run half as big again.
  pthread_cond_t asked_ = PTHREAD_COND_INITIALIZER;
  QuietThread thread_;
};

}  // namespace lockbridge
