// lockbridge-run: `lockbridge run`, `status`, `wait`, `break` and `ls` without Node, and `lock` and
// `unlock` for scripts. The same record, flags, exit codes and messages; from the same lock code as
// the addon.
//
// Single-threaded but while it waits, when a thread reads inotify, and while it looks at many
// files. Ends by _exit(2): what is still open is the kernel's to close.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "commands.h"
#include "report.h"
#include "taking.h"
#include "text.h"

namespace lockbridge {

namespace {

// The first four words, as they are to be shown in a record.
std::string commandLine(char* const* argv) {
  std::string text;
  for (int at = 0; at < 4 && argv[at] != nullptr; at++)
    text += (at == 0 ? "" : " ") + std::string(argv[at]);
  return text;
}

Failure runCommand(char* const* argv, int* code) {
  const std::string first = argv[0] == nullptr || argv[1] == nullptr ? "" : argv[1];
  if (first == "--version") return say(LOCKBRIDGE_VERSION "\n");
  if (first == "--help" || first == "-h") return say(kHelp);
  if (first.empty()) return usage("a command is needed");
  const Command* named = commandNamed(first);
  // A path is what most scripts begin with.
  const Command& command = named == nullptr ? *commandNamed("run") : *named;
  Arguments arguments;
  if (Failure failure = parseArguments(argv + (named == nullptr ? 1 : 2), command.options,
                                       command.leastPaths, &arguments))
    return failure;
  if (arguments.help) return say(kHelp);
  if (arguments.paths.size() > command.mostPaths)
    return usage("Unknown argument: " + arguments.paths[command.mostPaths]);
  for (const std::string& path : arguments.paths)
    if (Failure failure = command.checkPath(path)) return failure;
  return command.run(arguments, commandLine(argv), code);
}

// A standard descriptor that was closed when we were started would become that of a lock file, and
// what the command prints would be written there.
void openStandard() {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(standard, F_GETFD) < 0) open("/dev/null", O_RDWR);
}

}  // namespace

}  // namespace lockbridge

int main(int, char** argv) {
  using namespace lockbridge;
  openStandard();
  // Who reads what we print may be gone: that must not end us while we hold.
  signal(SIGPIPE, SIG_IGN);
  int code = kOk;
  const Failure failure = runCommand(argv, &code);
  _exit(failure ? complain(failure, baseName(argv[0] == nullptr ? "" : argv[0])) : code);
}
