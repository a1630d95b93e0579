#include "parse.h"

#include <cstdlib>
#include <cstring>

namespace lockbridge {

namespace {

// The next word of a line, moved behind; false if there is none, or it is longer than any that the
// kernel writes.
bool nextWord(const char** at, std::string* out) {
  constexpr size_t kLongest = 63;
  const char* from = *at + strspn(*at, " \t");
  const size_t size = strcspn(from, " \t");
  if (size == 0 || size > kLongest) return false;
  out->assign(from, size);
  *at = from + size;
  return true;
}

bool nextNumber(const char** at, int* out) {
  char* end;
  *out = static_cast<int>(strtol(*at, &end, 10));
  const bool is = end != *at;
  *at = end;
  return is;
}

}  // namespace

// "1: FLOCK  ADVISORY  WRITE 5563 fe:00:2188353 0 EOF"; a waiter is "1: -> FLOCK …", and each is
// indented below the one that it waits for: exclusive waiters form a chain.
bool parseLock(const std::string& line, LockLine* out, std::string* where) {
  const char* body = strchr(line.c_str(), ':');
  if (body == nullptr) return false;
  body += 1 + strspn(body + 1, " ");
  out->waiting = strncmp(body, "-> ", 3) == 0;
  if (out->waiting) body += 3;
  std::string advice, mode;
  if (!nextWord(&body, &out->kind) || !nextWord(&body, &advice) || !nextWord(&body, &mode) ||
      !nextNumber(&body, &out->pid) || !nextWord(&body, where) || !nextWord(&body, &out->from) ||
      !nextWord(&body, &out->to))
    return false;
  out->write = mode == "WRITE";
  return out->kind != "LEASE" && out->kind != "DELEG";
}

void eachLine(const std::string& text, const std::function<void(const std::string&)>& visit) {
  for (size_t start = 0; start < text.size();) {
    size_t end = text.find('\n', start);
    if (end == std::string::npos) end = text.size();
    visit(text.substr(start, end - start));
    start = end + 1;
  }
}

DescriptorInfo parseInfo(const std::string& text) {
  DescriptorInfo out;
  eachLine(text, [&](const std::string& line) {
    LockLine lock;
    std::string where;
    if (line.compare(0, 7, "mnt_id:") == 0) out.mount = atoi(line.c_str() + 7);
    if (line.compare(0, 5, "lock:") == 0 && parseLock(line.substr(5), &lock, &where))
      out.locks.push_back(lock);
  });
  return out;
}

ProcessStat parseStat(const std::string& text) {
  ProcessStat out;
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return out;
  const char* at = text.c_str() + end;
  for (int field = 2; at != nullptr && field < 22; field++) {
    at = strchr(at + 1, ' ');
    if (at != nullptr && field + 1 == 9) out.flags = strtoul(at, nullptr, 10);
  }
  if (at != nullptr) out.start = strtoull(at, nullptr, 10);
  return out;
}

void eachEvent(const char* bytes, size_t size,
               const std::function<void(const inotify_event& head, std::string&& name)>& visit) {
  inotify_event head;
  for (size_t at = 0; size - at >= sizeof head;) {
    memcpy(&head, bytes + at, sizeof head);
    at += sizeof head;
    if (head.len > size - at) return;
    visit(head, std::string(bytes + at, strnlen(bytes + at, head.len)));  // padded with NULs
    at += head.len;
  }
}

}  // namespace lockbridge
