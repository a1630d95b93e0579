#include "record.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "../lockfile.h"
#include "../parse.h"
#include "json.h"
#include "proc.h"
#include "text.h"

namespace lockbridge {

namespace {

using std::literals::operator""sv;

constexpr size_t kHostRoom = 64, kCommandRoom = 80, kReasonRoom = 100, kOwnerRoom = 40;
constexpr double kMaxSafe = 9007199254740991;

// JSON in ASCII, cut so that the escaped text has at most `room` bytes.
std::string quote(const std::string& bytes, size_t room) {
  std::string out;
  for (const char16_t unit : utf16OfUtf8(bytes)) {
    std::string escaped;
    if (unit < 0x7f) {
      escaped = jsonQuoted(std::string(1, static_cast<char>(unit)));
      escaped = escaped.substr(1, escaped.size() - 2);
    } else {
      char text[8];
      snprintf(text, sizeof text, "\\u%04x", unit);
      escaped = text;
    }
    if (out.size() + escaped.size() > room) break;
    out += escaped;
  }
  return '"' + out + '"';
}

std::string whole(unsigned long long number) { return std::to_string(number); }

double safeInteger(const JsonMember& member) {
  const bool is = member.number >= -kMaxSafe && member.number <= kMaxSafe &&
                  static_cast<double>(roundDown(member.number)) == member.number;
  return is ? member.number + 0.0 : 0;
}

// The last of several members of one name counts.
void take(const JsonMember& member, Record* out) {
  const std::u16string_view key = member.key;
  const auto number = [&](std::u16string_view name, double* field) {
    if (key == name) *field = safeInteger(member);
  };
  const auto text = [&](std::u16string_view name, std::string* field) {
    if (key == name) *field = member.isText ? printable(member.text) : "";
  };
  number(u"pid"sv, &out->pid);
  number(u"start"sv, &out->start);
  number(u"pidns"sv, &out->pidns);
  number(u"uid"sv, &out->uid);
  text(u"boot"sv, &out->boot);
  text(u"host"sv, &out->host);
  text(u"cmd"sv, &out->cmd);
  text(u"reason"sv, &out->reason);
  text(u"since"sv, &out->since);
  if (key == u"owner"sv)
    out->owner = member.isText ? std::make_optional(printable(member.text)) : std::nullopt;
  if (key == u"role"sv) out->supervisor = member.isText && member.text == u"supervisor";
}

}  // namespace

bool Record::operator==(const Record& o) const {
  return pid == o.pid && start == o.start && pidns == o.pidns && boot == o.boot && host == o.host &&
         uid == o.uid && cmd == o.cmd && reason == o.reason && since == o.since &&
         owner == o.owner && supervisor == o.supervisor;
}

std::string bootId() {
  std::string text = readProc("/proc/sys/kernel/random/boot_id");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string hostName() {
  struct utsname names;
  return uname(&names) == 0 ? names.nodename : "";
}

RecordHead::RecordHead(const std::string& command) {
  const char* owner = getenv("LOCKBRIDGE_OWNER");
  head_ = "1\n{\"lockbridge\":1,\"pid\":" + whole(static_cast<unsigned>(getpid())) +
          ",\"start\":" + whole(parseStat(readProc("/proc/self/stat")).start) +
          ",\"pidns\":" + whole(namespaceOf("self", "pid")) +
          ",\"boot\":" + quote(bootId().substr(0, 36), 36) +
          ",\"host\":" + quote(hostName(), kHostRoom) + ",\"uid\":" + whole(getuid()) +
          ",\"cmd\":" + quote(command, kCommandRoom);
  if (owner != nullptr) head_ += ",\"owner\":" + quote(owner, kOwnerRoom);
}

std::string RecordHead::record(const std::string& reason) const {
  latest_ = head_ + ",\"reason\":" + quote(reason, kReasonRoom) + ",\"since\":\"" +
            timeText(wallClock()) + "\"}\n";
  return latest_;
}

Parsed parseRecord(const std::string& content, Record* out) {
  if (startsWith(content, kResidueMark)) return Parsed::kResidue;
  const size_t first = content.find('\n');
  if (first == std::string::npos || content.compare(0, first, "1") != 0) return Parsed::kNeither;
  const size_t end = content.find('\n', first + 1);
  const std::string second =
      content.substr(first + 1, end == std::string::npos ? end : end - first - 1);
  if (!startsWith(second, "{\"lockbridge\":1,")) return Parsed::kNeither;
  Record record;
  if (!readJsonObject(second, [&](const JsonMember& member) { take(member, &record); }))
    return Parsed::kNeither;
  *out = std::move(record);
  return Parsed::kRecord;
}

}  // namespace lockbridge
