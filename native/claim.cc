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

void finishRecord(Claim* claim) {
  if (!claim->finished) claim->birth.record += timestamp() + claim->end;
  claim->finished = true;
}

// -EEXIST: somebody was faster. Any other error: try it from the beginning.
int claimPrepared(Claim* claim, Held* out) {
  Held file = std::move(claim->prepared);
  int done = writeAll(file.fd.get(), claim->birth.record);
  if (done == 0) done = beat(file.fd.get(), claim->birth.aheadSeconds);
  if (done == 0) done = publish(&file);
  if (done == 0) *out = std::move(file);
  return done;
}

bool asItWasJudged(const Claim& claim, int fd) {
  struct statx st;
  return claim.freeSince >= 0 && statFd(fd, &st) == 0 && st.stx_size == 0 &&
         milliseconds(st.stx_ctime) == claim.freeSince;
}

}  // namespace

void prepareClaim(Claim* claim) {
  Birth birth = claim->birth;
  birth.record += timestamp() + claim->end;  // as long as the record will be: it gets its page now
  prepare(claim->path, birth, &claim->prepared);
}

int claimName(Claim* claim, Held* out) {
  finishRecord(claim);
  if (claim->deciding) claim->deciding();
  if (claim->prepared.fd.ok()) {
    const int done = claimPrepared(claim, out);
    if (done == 0) return kTaken;
    if (done == -EEXIST) return done;
  }
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
