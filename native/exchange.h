// Two names change places in one step: renameat2(2) with RENAME_EXCHANGE.
#pragma once

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

namespace lockbridge {

// 0 or -1 with errno. Not every musl has the function, nor its <stdio.h> the flag.
inline int exchangeNames(int oneDir, const char* one, int otherDir, const char* other) {
#ifdef __GLIBC__
  return renameat2(oneDir, one, otherDir, other, RENAME_EXCHANGE);
#else
  return static_cast<int>(syscall(SYS_renameat2, oneDir, one, otherDir, other, RENAME_EXCHANGE));
#endif
}

}  // namespace lockbridge
