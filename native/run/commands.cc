#include "commands.h"

#include <cstdint>

#include "acquire.h"
#include "actions.h"
#include "ask.h"
#include "breaking.h"
#include "execute.h"
#include "keeper.h"
#include "listing.h"
#include "report.h"
#include "taking.h"
#include "text.h"

namespace lockbridge {

namespace {

Failure run(const Arguments& arguments, const std::string& commandLine, int* code) {
  if (arguments.command[0] == nullptr)
    return usage("no command to run: put it after `--`, as in `lockbridge run PATH -- CMD`");
  // From here on a signal comes while nothing is held, or is for the command.
  Signals signals({SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCHLD});
  const Patience patience = {arguments.nonblock ? 0 : arguments.wait, signals.before()};
  const RecordHead head(commandLine);
  std::vector<Held> held;
  const Failure failure =
      acquireAll(arguments.paths, head, arguments.reason, arguments.emptyIsFree, patience, &held);
  if (failure && failure.exit != kConflict) return failure;
  if (failure) {
    if (arguments.json) {
      JsonWriter json;
      json.open('{');
      json.member("error", failure.code);
      json.key("blockers");
      writeJson(failure.blockers, &json);
      json.close('}');
      if (const Failure unsaid = say(json)) return unsaid;
    }
    warn(failure.message);
    *code = arguments.conflict;
    return {};
  }
  const Failure done = execute(arguments.command, held, head.latest(), &signals, code);
  releaseAll(&held);
  return done;
}

std::string line(const std::string& text) { return printable(text, text.size()) + '\n'; }

std::string paragraph(const Inspection& seen) {
  if (seen.verdict == Verdict::kFree) return line("'" + seen.path + "' is free");
  std::string text = line(describe(seen));
  for (const Evidence& one : seen.evidence) text += line("  because " + one.text);
  text += line("  you can: " + wayOut(seen));
  return seen.id.empty() ? text : text + line("  id: " + seen.id);
}

// The text shows neither orphans nor waiters, nor, where there is a record, who holds it by
// /proc/locks.
Failure inspectForText(const std::string& path, const Policy& policy, Inspection* out) {
  const Failure failure = inspect(path, policy, out, {false, false});
  if (failure || out->by != By::kKernel || out->record) return failure;
  return inspect(path, policy, out, {false, true});
}

Failure status(const Arguments& arguments, const std::string&, int* code) {
  const Policy policy = {arguments.emptyIsFree, nullptr};
  std::vector<Inspection> seen(arguments.paths.size());
  std::string text;
  for (size_t at = 0; at < seen.size(); at++) {
    const Failure failure = arguments.json ? inspect(arguments.paths[at], policy, &seen[at])
                                           : inspectForText(arguments.paths[at], policy, &seen[at]);
    if (failure) return failure;
    text += paragraph(seen[at]);
    if (seen[at].verdict == Verdict::kHeld) *code = kConflict;
  }
  if (!arguments.json) return say(text);
  JsonWriter json;
  writeJson(seen, &json);
  return say(json);
}

Failure wait(const Arguments& arguments, const std::string&, int*) {
  Patience patience = {arguments.wait, {}};
  pthread_sigmask(SIG_SETMASK, nullptr, &patience.mask);
  std::vector<Inspection> seen;
  if (Failure failure = waitUntilFree(arguments.paths, arguments.emptyIsFree, patience, &seen))
    return failure;
  if (!arguments.json) return {};
  JsonWriter json;
  writeJson(seen, &json);
  return say(json);
}

Failure breakIt(const Arguments& arguments, const std::string& commandLine, int*) {
  const std::string& path = arguments.paths[0];
  Inspection before;
  if (arguments.force && !arguments.id) {
    if (Failure failure = inspect(path, {}, &before)) return failure;
    const std::string now =
        before.id.empty() ? "there is no lock now" : "the lock there now has id " + before.id;
    return usage(
        "--force needs --id, so that you break the lock that you saw: read `lockbridge "
        "explain " +
        path + "` first (" + now + ")");
  }
  const RecordHead head(commandLine);
  const Taking taking = {head, "lockbridge break", {arguments.emptyIsFree, nullptr}};
  if (Failure failure = breakLock(path, arguments.id, arguments.force, taking, &before))
    return failure;
  const bool free = before.verdict == Verdict::kFree;
  if (!arguments.json)
    return say(line(free ? "'" + path + "' is free already" : "broken: " + describe(before)));
  JsonWriter json;
  json.open('{');
  json.key("broken");
  json.boolean(!free);
  json.key("before");
  writeJson(before, &json);
  json.close('}');
  return say(json);
}

Failure unlock(const Arguments& arguments, const std::string&, int*) {
  return askToRelease(arguments.paths[0], arguments.wait.value_or(10));
}

// Whatever it is, it is listed or cannot be opened.
Failure checkDirectory(const std::string& path) {
  return path.empty() ? invalid("dir", "a directory", path) : Failure();
}

constexpr Command kCommands[] = {
    {"run", "jenwEr", 1, SIZE_MAX, checkPath, run},
    {"lock", "enwErp", 1, 1, checkPath, lockCommand},
    {"unlock", "w", 1, 1, checkPath, unlock},
    {"status", "je", 1, SIZE_MAX, checkPath, status},
    {"wait", "jew", 1, SIZE_MAX, checkPath, wait},
    {"break", "jefi", 1, 1, checkPath, breakIt},
    {"ls", "je", 0, SIZE_MAX, checkDirectory, ls},
};

}  // namespace

const Command* commandNamed(const std::string& name) {
  for (const Command& command : kCommands)
    if (name == command.name) return &command;
  return nullptr;
}

const char kHelp[] = R"(lockbridge-run [OPTIONS] PATH... -- COMMAND...

One lock that flock, lockfile, Python and npm lockers all see; without Node.

  [run] PATH... -- COMMAND...   hold the locks while a command runs
  lock PATH --watch-pid PID     hold the lock until unlock, or until PID ends
  unlock PATH                   let go what lock holds
  status PATH...                say who holds the locks, since when and why
  wait PATH...                  wait until nobody holds the locks, without taking them
  break PATH                    remove a lock whose holder is gone
  ls [DIR...]                   list every lock below the usual places, or these directories

  -n, --nonblock                fail rather than wait (run, lock)
  -w, --wait SECONDS            give up after so many seconds (run, lock, wait; unlock: 10)
  -E, --conflict-exit-code CODE exit code for a conflict, 1 by default (run, lock)
      --reason TEXT             shown to who asks why (run, lock)
      --watch-pid PID           let go when this process has ended, $$ in a script (lock)
      --empty held|free         what an empty unlocked file of unknown origin is; free: only
                                kernel lockers live here (all but unlock)
      --force                   break it although it is held (break)
      --id ID                   break only the lock of this id, as status shows it (break)
      --json                    print JSON (run, status, wait, break, ls)
      --help, --version

A lock file that has the name of a command: lockbridge-run ./wait -- COMMAND.
Names of containers, locks of earlier boots (break --state), explain, watch and everything else:
`lockbridge`, which needs Node.

Exit codes:
   0  done (status: nothing is held)
   1  conflict: held by somebody else, or still held when the time ran out
  64  usage: an option or a path is not usable
  66  the lock's directory cannot be reached or the file may not be opened
  69  the command cannot be executed
  71  the system ran out of something, or has no such lock
  73  the lock file cannot be created (read-only, full, name too long)
 run ends with the exit code of its command, or 128 + the signal that killed it
)";

}  // namespace lockbridge
