// What a thread does for a waiter the moment that the lock may be free, on the spot: by the time
// that JavaScript is awake, which takes longer than all of this, it finds the lock taken.
//
// Only what needs no judgement is done here; the rest is left to TypeScript, which judges.
#pragma once

#include <functional>
#include <string>

#include "lockfile.h"

namespace lockbridge {

// How to take a path. The record says when the lock was taken, so it is finished then.
struct Claim {
  std::string path;
  Birth birth;      // its record as far as the time: `…,"since":"`
  std::string end;  // what comes behind the time
  // The file as it was when it was judged to be nobody's but for its kernel locks: empty, and last
  // changed then (milliseconds); below 0: it was not judged so.
  double freeSince = -1;
  // The file, complete but for its locks and its name, where it was made beforehand.
  Held prepared;
  bool finished = false;  // the record is
  // Called just before the path is taken: each of the calls that do so is an event there.
  std::function<void()> deciding;
};

enum Claimed : int {
  kNothing = 0,  // nothing is kept: look again
  kTaken = 1,    // it is ours, with `birth.record` in it
  kToJudge = 2,  // its kernel locks are ours; whether the file is nobody's is to be judged
};

// Makes beforehand what takes most of the time: a descriptor, kept until the claim is made or given
// up.
void prepareClaim(Claim* claim);
// The name has just gone: creates it. kTaken, or -errno (-EEXIST: somebody was faster).
int claimName(Claim* claim, Held* out);
// The kernel locks of `held` have just become ours: makes the file ours if it surely is nobody's.
// Claimed, or -errno (-ESTALE: the path names another file now).
int claimLocked(Claim* claim, Held* held);

}  // namespace lockbridge
