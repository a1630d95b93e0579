// The words of docs/interop.md that do not change from run to run: what the signs cost a user, and
// which limits are known and why.

export const COSTS: readonly string[] = [
  '## What the red cells cost',
  '',
  '- **✗ while held: both hold the lock.** Two programs are in the section that only one may be in,',
  '  and neither is told. Two updates run over each other; what is written last wins, or half of it.',
  '- **✗ after a clean release: blocked by what was left behind.** Nobody holds the lock, but the file',
  '  is there, and to a program for which the file is the lock that is enough. Its job does not run',
  '  again until a person removes the file. Kernel lockers leave such a file after every use.',
  '- **✗ after SIGKILL: blocked until somebody removes it.** The holder crashed (or the machine ran',
  '  out of memory) and its lock stays. The same job stands still, now after every crash.',
  '- **E, a hard error.** Nobody gets in, but the program does not say "held": it fails as if the disk',
  '  were broken, does not retry, and somebody is paged for it.',
];

export const LIMITS: readonly string[] = [
  '## Limits that have a name',
  '',
  '- **? undecidable.** An empty, unlocked, ordinary file is what a finished `flock` leaves, and byte',
  '  for byte what a live npm `lockfile`, `set -C` or `O_EXCL` makes. One look cannot tell, and',
  '  lockbridge does not guess: it refuses, and says that it cannot know.',
  '- **One try and watching.** `lockbridge-watching` called `watchDirectory(dir)` before anything was',
  '  there, saw who made the file and that a kernel lock was on it from its creation, and so takes',
  '  what a kernel locker left. `lockbridge` and `lockbridge-cli` come later and see only the file.',
  '  Where only kernel lockers use a path, `empty: "free"` (`LOCKBRIDGE_EMPTY=free`) says so.',
  '- **Crashed existence lockers.** Their file is held until it is proven that its maker is gone, so',
  '  lockbridge stays refused like everybody else. `lockbridge break --force` is for a person who knows.',
  '- **Shared locks.** Two readers of `flock -s` may hold at once (s); lockbridge itself is exclusive.',
];
