// Says what native/run makes of the records and footprints of test/vectors: a line a vector comes
// in, its fields in hexadecimal, and its JSON and a NUL go out.

#include <cstdio>
#include <cstdlib>
#include <string>

#include "../../../native/run/footprint.h"
#include "../../../native/run/json.h"
#include "../../../native/run/record.h"
#include "../../../native/run/report.h"
#include "../../../native/run/text.h"

using namespace lockbridge;

namespace {

std::string bytes(const std::string& hex) {
  std::string out;
  for (size_t at = 0; at + 1 < hex.size(); at += 2)
    out += static_cast<char>(strtol(hex.substr(at, 2).c_str(), nullptr, 16));
  return out;
}

std::vector<std::string> list(const std::string& text) {
  std::vector<std::string> out;
  if (!text.empty())
    for (const std::string& one : splitAt(text, ',')) out.push_back(bytes(one));
  return out;
}

void record(const std::string& content, JsonWriter* out) {
  Record parsed;
  const Parsed what = parseRecord(content, &parsed);
  if (what == Parsed::kRecord)
    writeJson(parsed, out);
  else if (what == Parsed::kResidue)
    out->text("residue");
}

void write(const Footprint& seen, JsonWriter* out) {
  out->open('{');
  out->member("protocol", seen.protocol);
  out->member("certainty", seen.certainty);
  out->member("text", seen.text);
  if (seen.pid != 0) out->member("pid", seen.pid);
  if (!seen.pids.empty()) {
    out->key("pids");
    out->open('[');
    for (const int pid : seen.pids) out->number(pid);
    out->close(']');
  }
  if (seen.host) out->member("host", *seen.host);
  out->optional("thread", seen.thread);
  if (seen.pidDecides) out->key("pidDecides"), out->boolean(true);
  if (seen.leftover) out->key("leftover"), out->boolean(true);
  if (seen.beat) out->member("beat", *seen.beat);
  out->close('}');
}

void footprint(const std::vector<std::string>& fields, JsonWriter* out) {
  Traces traces;
  traces.path = bytes(fields[1]);
  traces.type = fields[2] == "file"        ? Traces::Type::kFile
                : fields[2] == "directory" ? Traces::Type::kDirectory
                                           : Traces::Type::kSymlink;
  traces.content = bytes(fields[3]);
  traces.size = strtod(fields[4].c_str(), nullptr);
  traces.mode = static_cast<unsigned>(strtoul(fields[5].c_str(), nullptr, 8));
  traces.uid = static_cast<unsigned>(strtoul(fields[6].c_str(), nullptr, 10));
  traces.nlink = static_cast<unsigned>(strtoul(fields[7].c_str(), nullptr, 10));
  traces.birth = strtod(fields[8].c_str(), nullptr);
  traces.mtime = strtod(fields[9].c_str(), nullptr);
  traces.target = bytes(fields[10]);
  traces.otherLinks = [&] { return list(fields[11]); };
  traces.entries = [&] { return list(fields[12]); };
  if (const auto seen = recognise(traces)) write(*seen, out);
}

}  // namespace

int main() {
  char* line = nullptr;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    const auto fields = splitAt(std::string(line, std::string(line).size() - 1), ' ');
    JsonWriter out;
    if (fields[0] == "record")
      record(bytes(fields[1]), &out);
    else
      footprint(fields, &out);
    printf("%s%c", out.out().empty() ? "null" : out.out().c_str(), 0);
  }
  free(line);
}
