#include "listing.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "actions.h"
#include "back.h"
#include "columns.h"
#include "finding.h"
#include "inspect.h"
#include "report.h"
#include "text.h"

namespace lockbridge {

namespace {

constexpr size_t kWidth = 48;

bool isSet(const char* variable) {
  const char* value = getenv(variable);
  return value != nullptr && *value != 0;
}

// Whether stdout is a terminal that shows colours, and nobody asked for none (no-color.org).
bool inColor() {
  if (isatty(STDOUT_FILENO) == 0 || isSet("NO_COLOR")) return false;
  const char* terminal = getenv("TERM");
  return isSet("FORCE_COLOR") || isSet("CI") || terminal == nullptr ||
         std::string(terminal) != "dumb";
}

struct Paint {
  const char *before, *after;
};
constexpr Paint kDim = {"\x1b[2m", "\x1b[22m"}, kRed = {"\x1b[31m", "\x1b[39m"},
                kGreen = {"\x1b[32m", "\x1b[39m"}, kYellow = {"\x1b[33m", "\x1b[39m"};

std::string cut(const std::string& text) {
  if (text.size() <= kWidth) return text;
  const std::u16string units = utf16OfUtf8(text);
  return units.size() <= kWidth ? text : utf8Of(units.substr(0, kWidth - 1)) + "…";
}

const Holder* first(const std::vector<Holder>& holders, Role role) {
  const auto found = std::find_if(holders.begin(), holders.end(),
                                  [role](const Holder& one) { return one.role == role; });
  return found == holders.end() ? nullptr : &*found;
}

// Who holds a lock, in a few words: container and command, whom the file names, or at least whose
// lock directory it is.
std::string who(const Inspection& seen) {
  const Holder* holder = first(seen.holders, Role::kHolds);
  if (holder == nullptr) holder = first(seen.holders, Role::kOpen);
  if (holder != nullptr) {
    const ProcessInfo& process = holder->process;
    std::string text = process.container ? process.container->id.substr(0, 12) + ": " : "";
    text += "pid " + std::to_string(process.pid);
    return cut(process.command.empty() ? text : text + ' ' + process.command);
  }
  if (seen.record) {
    const Record& record = *seen.record;
    return cut(record.owner.value_or(record.host) + " pid " + numberText(record.pid) + ' ' +
               record.cmd);
  }
  const Holder* named = first(seen.holders, Role::kNamed);
  if (named == nullptr) return seen.service.empty() ? "-" : "service " + seen.service + '?';
  const char* fate = !named->alive ? "unknown" : *named->alive ? "lives" : "dead";
  return "names pid " + std::to_string(named->process.pid) + " (" + fate + ')';
}

// How long ago, in the largest unit.
std::string age(double since, double now) {
  struct Unit {
    int seconds;
    const char* name;
  };
  const int64_t seconds = roundDown((now - since) / 1000);
  for (const Unit unit : {Unit{86'400, " d"}, {3'600, " h"}, {60, " min"}, {1, " s"}})
    if (seconds >= unit.seconds) return std::to_string(seconds / unit.seconds) + unit.name;
  return seconds < 0 ? "in the future" : "0 s";
}

class Rows {
 public:
  Rows(size_t most, bool json) : json_(json), rows_(most) {}

  void put(size_t at, Inspection* seen) {
    if (json_)
      rows_[at][0] = element(seen);
    else
      put(*seen, &rows_[at]);
  }

  std::string text() {
    std::vector<Row> listed;
    listed.reserve(rows_.size() + 1);
    if (!json_) listed.push_back({"PATH", "VERDICT", "PROTOCOL", "HOLDER", "AGE", "REASON"});
    for (Row& row : rows_)
      if (!row[0].empty()) listed.push_back(std::move(row));
    if (!json_) return listed.size() > 1 ? columns(listed) : "no locks\n";
    std::string all;
    for (const Row& row : listed) all += (all.empty() ? "\n" : ",\n") + row[0];
    return '[' + all + (all.empty() ? "]\n" : "\n]\n");
  }

 private:
  // Of an array that is printed as a whole.
  static std::string element(Inspection* seen) {
    seen->actions = actionsFor(*seen);
    JsonWriter json;
    json.open('[');
    writeJson(*seen, &json);
    return json.out().substr(2);
  }

  void put(const Inspection& seen, Row* out) const {
    Row& row = *out;
    row[0] = printable(seen.path, seen.path.size());
    row[1] = verdict(seen);
    row[2] = seen.protocol.empty() ? "-" : seen.protocol;
    row[3] = who(seen);
    row[4] = seen.since ? age(seen.since->at, now_) : "-";
    row[5] = notes(seen);
  }

  std::string painted(const Paint& paint, const std::string& text) const {
    return color_ ? paint.before + text + paint.after : text;
  }

  std::string verdict(const Inspection& seen) const {
    std::string text = nameOf(seen.verdict);
    if (seen.by != By::kNone) text += std::string(" ") + nameOf(seen.by);
    const Paint& paint = seen.verdict == Verdict::kFree   ? kDim
                         : seen.verdict == Verdict::kHeld ? kYellow
                                                          : kGreen;
    return painted(paint, text);
  }

  std::string notes(const Inspection& seen) const {
    std::string text = seen.record ? seen.record->reason : "";
    const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : " ") + more; };
    const auto waiting = std::count_if(seen.holders.begin(), seen.holders.end(),
                                       [](const Holder& one) { return one.role == Role::kWaits; });
    if (waiting > 0) add('(' + std::to_string(waiting) + " waiting)");
    if (!seen.orphans.empty())
      add(painted(kRed, '(' + std::to_string(seen.orphans.size()) + " ORPHANED)"));
    return text;
  }

  const bool json_;
  const bool color_ = inColor();
  const double now_ = wallClock();
  std::vector<Row> rows_;  // by the index of their path; empty where nothing is listed
};

bool isInContainer(const Holder& holder) { return holder.process.container.has_value(); }

// Names of containers are Node's to ask for.
bool wantsNames(const Inspection& seen) {
  return std::any_of(seen.holders.begin(), seen.holders.end(), isInContainer) ||
         std::any_of(seen.orphans.begin(), seen.orphans.end(), isInContainer);
}

std::vector<std::string> wordsOf(const Arguments& arguments) {
  std::vector<std::string> words;
  words.push_back("ls");
  if (arguments.json) words.push_back("--json");
  words.push_back(arguments.emptyIsFree ? "--empty=free" : "--empty=held");
  for (const std::string& path : arguments.paths) words.push_back(path);
  return words;
}

}  // namespace

Failure ls(const Arguments& arguments, const std::string&, int*) {
  Found found;
  if (Failure failure = findLocks(arguments.paths, &found)) return failure;
  Rows rows(found.paths.size(), arguments.json);
  std::atomic<bool> named{false};
  std::vector<std::string> failures(found.paths.size());
  inspectEach(found.paths, {arguments.emptyIsFree, nullptr},
              [&](size_t at, const Failure& failure, Inspection* seen) {
                failures[at] = failure.message;
                if (failure || (seen->verdict == Verdict::kFree && seen->orphans.empty())) return;
                if (wantsNames(*seen)) named = true;
                rows.put(at, seen);
              });
  if (named) goBack(wordsOf(arguments));
  for (const std::string& remark : found.remarks) warn(remark);
  for (const std::string& message : failures)
    if (!message.empty()) warn(message);
  return say(rows.text());
}

}  // namespace lockbridge
