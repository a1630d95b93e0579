// How a process becomes a service: a mount namespace of its own, what it sees bound into it, and
// execve(2) in place, so that the pid that is on record is the service's.
//
// For a program whose main thread does nothing else: namespace and working directory belong to the
// calling thread (unshare(2), CLONE_NEWNS), and execve(2) ends the other ones. Functions return 0
// or -errno.
#pragma once

#include <string>
#include <vector>

namespace lockbridge {

// A mount namespace of its own, from which no mount gets out and into which none comes. Without
// CAP_SYS_ADMIN: -EPERM. After a failure nothing must be mounted: it might show outside.
int privateMounts();

// Names a file itself, whatever happens to its path meanwhile (O_PATH). -ELOOP for a symbolic link:
// whoever can write in /tmp must not choose what is shown or covered. Descriptor or -errno.
int openPlace(const std::string& path);

// Shows what `source` (of openPlace) names at `target`; both are directories, or both are not.
// Filesystems mounted below the source come along, unless it is to be read-only, which they would
// not be.
int bindMount(int source, const std::string& target, bool readOnly);

// Becomes the program: signals as at boot (Node ignores SIGPIPE, and what is ignored stays so over
// an execve), no descriptor but 0, 1 and 2; without an environment with that of this process.
// Returns only if that fails: then signals are as they were.
int execute(const std::string& program, const std::vector<std::string>& arguments,
            const std::vector<std::string>* environment);

}  // namespace lockbridge
