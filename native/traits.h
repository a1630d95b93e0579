// What a filesystem can do, asked by doing it: the single steps that a lock is made of, each with
// its own -errno, where create() and release() only need to know that a step did not work.
//
// Nothing here decides what an answer means for a lock. Every function returns 0 (or a descriptor)
// or -errno.
#pragma once

#include <sys/types.h>

#include <string>

namespace lockbridge {

// A file without a name in `dir` (open(2), O_TMPFILE): it is gone when the descriptor closes.
int openNameless(const std::string& dir, mode_t mode);
// Gives such a file its name, as a lock gets its own.
int nameFile(int fd, const std::string& path);
// Two names change places in one step (renameat2(2), RENAME_EXCHANGE).
int exchange(const std::string& one, const std::string& other);
// A write lease, given back at once. -EAGAIN: somebody else has the file open.
int lease(int fd);
// Sets the attribute that marks an inode as ours.
int setAttribute(int fd);

}  // namespace lockbridge
