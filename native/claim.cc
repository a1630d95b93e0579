#include "claim.h"

#include <cerrno>
#include <ctime>

#include "probe.h"

namespace lockbridge {

namespace {

// RFC 3339 to the millisecond, as a record has it.
std::string timestamp() {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct tm utc;
  gmtime_r(&now.tv_sec, &utc);
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &utc);
  const std::string fraction = std::to_string(1000 + now.tv_nsec / 1'000'000).substr(1);
  return text + fraction + "Z";
}

void finishRecord(Claim* claim) { claim->birth.record += timestamp() + claim->end; }

bool asItWasJudged(const Claim& claim, int fd) {
  struct statx st;
  return claim.freeSince >= 0 && statFd(fd, &st) == 0 && st.stx_size == 0 &&
         milliseconds(st.stx_ctime) == claim.freeSince;
}

}  // namespace

int claimName(Claim* claim, Held* out) {
  finishRecord(claim);
  if (claim->deciding) claim->deciding();
  const int done = create(claim->path, claim->birth, out);
  return done < 0 ? done : kTaken;
}

int claimLocked(Claim* claim, Held* held) {
  const int fd = held->fd.get();
  if (!asItWasJudged(*claim, fd) && !surelyOurs(fd)) {
    const int same = stillNames(*held);
    return same == 1 ? kToJudge : same == 0 ? -ESTALE : same;
  }
  finishRecord(claim);
  if (claim->deciding) claim->deciding();
  const int done = adoptCommit(held, claim->birth);
  return done < 0 ? done : kTaken;
}

}  // namespace lockbridge
