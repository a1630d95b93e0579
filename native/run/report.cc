#include "report.h"

#include <cerrno>

#include "../sys.h"
#include "text.h"

namespace lockbridge {

namespace {

void writeJson(const Holder& holder, JsonWriter* out) {
  const ProcessInfo& process = holder.process;
  out->open('{');
  out->member("pid", process.pid);
  if (!process.nspid.empty()) {
    out->key("nspid");
    out->open('[');
    for (const int level : process.nspid) out->number(level);
    out->close(']');
  }
  out->optional("command", process.command);
  if (process.uid) out->member("uid", *process.uid);
  if (process.started > 0) out->member("started", timeText(process.started));
  if (process.container) {
    out->key("container");
    out->open('{');
    out->member("engine", process.container->engine);
    out->member("id", process.container->id);
    out->optional("name", process.container->name);
    out->close('}');
  }
  out->optional("unit", process.unit);
  out->optional("user", process.user);
  out->member("role", nameOf(holder.role));
  out->member("source", holder.source);
  out->optional("mode", holder.mode);
  out->optional("range", holder.range);
  if (holder.sharedWith != 0) out->member("sharedWith", holder.sharedWith);
  if (holder.alive) {
    out->key("alive");
    out->boolean(*holder.alive);
  }
  out->close('}');
}

void writeJson(const char* name, const std::vector<Holder>& holders, JsonWriter* out) {
  out->key(name);
  out->open('[');
  for (const Holder& holder : holders) writeJson(holder, out);
  out->close(']');
}

void writeJson(const Action& action, JsonWriter* out) {
  out->open('{');
  out->member("kind", action.kind);
  out->member("text", action.text);
  if (!action.command.empty()) {
    out->key("command");
    out->open('[');
    for (const std::string& word : action.command) out->text(word);
    out->close(']');
  }
  out->optional("risk", action.risk);
  out->close('}');
}

// 0 or -errno.
int writeAll(int fd, const std::string& text) {
  const std::string valid = validUtf8(text);
  for (size_t done = 0; done < valid.size();) {
    const ssize_t wrote =
        retry("write", [&] { return write(fd, valid.data() + done, valid.size() - done); });
    if (wrote < 0) return static_cast<int>(wrote);
    done += static_cast<size_t>(wrote);
  }
  return 0;
}

}  // namespace

void writeJson(const Record& record, JsonWriter* out) {
  out->open('{');
  out->member("lockbridge", 1);
  out->member("pid", record.pid);
  out->member("start", record.start);
  out->member("pidns", record.pidns);
  out->member("boot", record.boot);
  out->member("host", record.host);
  out->member("uid", record.uid);
  out->member("cmd", record.cmd);
  out->member("reason", record.reason);
  out->member("since", record.since);
  if (record.owner) out->member("owner", *record.owner);
  if (record.supervisor) out->member("role", std::string("supervisor"));
  out->close('}');
}

void writeJson(const Inspection& seen, JsonWriter* out) {
  out->open('{');
  out->member("path", seen.path);
  out->member("verdict", nameOf(seen.verdict));
  out->optional("by", nameOf(seen.by));
  out->optional("protocol", seen.protocol);
  out->optional("certainty", seen.certainty);
  out->optional("object", seen.object);
  out->optional("id", seen.id);
  writeJson("holders", seen.holders, out);
  writeJson("orphans", seen.orphans, out);
  if (seen.record) {
    out->key("record");
    writeJson(*seen.record, out);
  }
  if (seen.since) {
    out->key("since");
    out->open('{');
    out->member("at", timeText(seen.since->at));
    out->member("from", seen.since->from);
    out->close('}');
  }
  if (!seen.id.empty()) out->member("changed", seen.changed);
  if (!seen.service.empty()) {
    out->key("service");
    out->open('{');
    out->member("app", seen.app);
    out->member("service", seen.service);
    out->close('}');
  }
  out->key("evidence");
  out->open('[');
  for (const Evidence& one : seen.evidence) {
    out->open('{');
    out->member("kind", one.kind);
    out->member("text", one.text);
    out->close('}');
  }
  out->close(']');
  out->key("unseen");
  out->open('[');
  for (const std::string& one : seen.unseen) out->text(one);
  out->close(']');
  out->key("actions");
  out->open('[');
  for (const Action& action : seen.actions) writeJson(action, out);
  out->close(']');
  out->close('}');
}

void writeJson(const std::vector<Inspection>& seen, JsonWriter* out) {
  out->open('[');
  for (const Inspection& one : seen) writeJson(one, out);
  out->close(']');
}

Failure say(const std::string& text) {
  const int done = writeAll(STDOUT_FILENO, text);
  // Closed when we were started is as if nobody wanted to read.
  if (done == 0 || done == -EPIPE || done == -EBADF) return {};
  return {kOsError, "ERR_LOCK_SYSTEM", "cannot write the answer: " + errnoName(-done)};
}

Failure say(const JsonWriter& json) { return say(json.out() + '\n'); }

void warn(const std::string& text) {
  writeAll(STDERR_FILENO, "lockbridge: " + printable(text, text.size()) + '\n');
}

int complain(const Failure& failure, const std::string& program) {
  warn(failure.message);
  if (failure.exit == kUsage) writeAll(STDERR_FILENO, "Try `" + program + " --help`.\n");
  return failure.exit;
}

}  // namespace lockbridge
