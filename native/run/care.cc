#include "care.h"

#include <sys/eventfd.h>

#include <set>

#include "../probe.h"
#include "taking.h"

namespace lockbridge {

namespace {

constexpr uint64_t kFirst = 200'000'000, kBeat = 60'000'000'000;

}  // namespace

Care::Care(const std::vector<Held>& held, const std::string& record)
    : held_(held), record_(record), next_(monotonic() + kFirst) {}

Care::~Care() = default;

void Care::arm() {
  wake_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  std::set<std::string> names;
  for (const Held& lock : held_) names.insert(nameOf(lock.path));
  watcher_ = std::make_unique<Watcher>([this, names](std::vector<WatchEvent>&& events) {
    bool ours = false;
    for (const WatchEvent& event : events)
      ours = ours || event.name.empty() || names.count(event.name) > 0;
    const uint64_t one = 1;
    if (ours) retry("write", [&] { return write(wake_.get(), &one, sizeof one); });
  });
  // Where it cannot be watched, a record is mended at the next beat.
  for (const Held& lock : held_) watcher_->add(dirOf(lock.path), {});
}

void Care::tend() {
  uint64_t count;
  if (!watcher_)
    arm();
  else
    retry("read", [&] { return read(wake_.get(), &count, sizeof count); });
  restore();
  const uint64_t now = monotonic();
  if (now < next_) return;
  next_ = now + kBeat;
  for (const Held& lock : held_) beat(lock.fd.get(), kAheadSeconds);
}

void Care::restore() {
  for (const Held& lock : held_) {
    Record now;
    const Parsed what = parseRecord(lookHeld(lock.fd.get()).content, &now);
    if (what != Parsed::kRecord || now.pid != getpid()) writeRecord(lock.fd.get(), record_);
  }
}

bool Care::lost() const {
  for (const Held& lock : held_)
    if (stillNames(lock) == 0) return true;
  return false;
}

}  // namespace lockbridge
