// inotify's events: those that are whole are told, in order, and written anew they are understood
// the same. A copy of exactly that size shows a read past its end.

#include <cstring>
#include <vector>

#include "../../../native/parse.h"
#include "check.h"

using namespace lockbridge;

namespace {

struct Event {
  int wd;
  uint32_t mask;
  std::string name;
  bool operator==(const Event& other) const {
    return wd == other.wd && mask == other.mask && name == other.name;
  }
};

std::vector<Event> parsed(const std::vector<char>& bytes) {
  std::vector<Event> out;
  eachEvent(bytes.data(), bytes.size(), [&](const inotify_event& head, std::string&& name) {
    check(name.size() <= head.len);
    check(name.find('\0') == std::string::npos);
    out.push_back({head.wd, head.mask, std::move(name)});
  });
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<Event> events = parsed(std::vector<char>(data, data + size));
  std::vector<char> anew;
  for (const Event& event : events) {
    inotify_event head = {};
    head.wd = event.wd;
    head.mask = event.mask;
    head.len = static_cast<uint32_t>(event.name.size());
    const char* bytes = reinterpret_cast<const char*>(&head);
    anew.insert(anew.end(), bytes, bytes + sizeof head);
    anew.insert(anew.end(), event.name.begin(), event.name.end());
  }
  check(parsed(anew) == events);
  return 0;
}
