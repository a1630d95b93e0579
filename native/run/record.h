// The record in a lock file: who holds it, since when and why, for people and for peers that read a
// pid (docs/protocol.md, "The record"). A hint and untrusted input: only the kernel lock proves.
#pragma once

#include <optional>
#include <string>

namespace lockbridge {

struct Record {
  double pid = 0;
  double start = 0;  // field 22 of /proc/PID/stat
  double pidns = 0;
  std::string boot;
  std::string host;
  double uid = 0;
  std::string cmd;
  std::string reason;
  std::string since;
  std::optional<std::string> owner;
  bool supervisor = false;

  bool operator==(const Record& o) const;
};

// What every record of this process begins with; `command` is the command line as it is to be
// shown.
class RecordHead {
 public:
  explicit RecordHead(const std::string& command);
  // The bytes of a record taken now.
  std::string record(const std::string& reason) const;
  // The latest of them, which stands in the file that was taken last.
  const std::string& latest() const { return latest_; }

 private:
  std::string head_;
  mutable std::string latest_;
};

enum class Parsed { kNeither, kRecord, kResidue };

// What a file's first 512 bytes are.
Parsed parseRecord(const std::string& content, Record* out);

// The id of this boot.
std::string bootId();
std::string hostName();

}  // namespace lockbridge
