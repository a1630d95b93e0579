#include "verdict.h"

#include <algorithm>
#include <utility>

#include "footprint.h"
#include "named.h"
#include "text.h"

namespace lockbridge {

namespace {

const char* objectOf(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFIFO:
      return "fifo";
    case S_IFCHR:
      return "character-device";
    case S_IFDIR:
      return "directory";
    case S_IFBLK:
      return "block-device";
    case S_IFLNK:
      return "symlink";
    case S_IFSOCK:
      return "socket";
    default:
      return "file";
  }
}

const char* nameOf(Known known) {
  constexpr const char* kNames[] = {"unknown",     "ofd-getlk", "proc-locks", "lease",
                                    "flock-probe", "open",      "no-lease"};
  return kNames[static_cast<int>(known)];
}

const char* howLocked(Known known) {
  return known == Known::kGetlk ? "the kernel reports a record lock on it (F_OFD_GETLK)"
                                : "/proc/locks shows a kernel lock on it";
}

const char* howUnlocked(Known known) {
  if (known == Known::kLease)
    return "a write lease was granted: nobody has it open, so no kernel lock is on it";
  return known == Known::kOpen ? "somebody has it open, but no kernel lock shows"
                               : "no kernel lock shows on it";
}

// What is filled in as the branches decide.
class Judge {
 public:
  Judge(const Look& look, const Context& context) : look_(look), context_(context) {}

  Judgement judge() {
    out_.object = objectOf(look_.st.stx_mode);
    if (out_.object != "file") return notAFile();
    Record record;
    const Parsed parsed = parseRecord(look_.content, &record);
    if (parsed == Parsed::kRecord) out_.record = std::move(record);
    const bool ours = parsed != Parsed::kNeither || look_.attribute;
    if (ours)
      out_.protocol = "lockbridge";
    else
      footprint_ = footprint();
    if (footprint_) {
      out_.protocol = footprint_->protocol;
      out_.certainty = footprint_->certainty;
    }
    if (context_.underLock) {
      note("own-locks", "we hold its kernel locks ourselves");
    } else {
      const Alive locked = kernelLock();
      if (locked == Alive::kYes && out_.protocol.empty()) out_.protocol = kind();
      if (locked != Alive::kNo) return held(locked == Alive::kYes ? By::kKernel : By::kUndecidable);
    }
    return unlocked(parsed, ours);
  }

 private:
  void note(const char* kind, const std::string& text) { out_.evidence.push_back({kind, text}); }

  Judgement held(By by) {
    out_.verdict = Verdict::kHeld;
    out_.by = by;
    return std::move(out_);
  }

  Judgement nobodys(Verdict verdict) {
    out_.verdict = verdict;
    return std::move(out_);
  }

  std::optional<Footprint> footprint() const {
    Traces traces;
    if (!tracesOf(context_.path, look_, &traces)) return std::nullopt;
    return recognise(traces);
  }

  Judgement notAFile() {
    const std::string target =
        out_.object == "symlink" ? " to '" + printable(validUtf8(look_.target)) + "'" : "";
    note("object", "a " + out_.object + target +
                       ": only an existence locker makes one; never opened or followed");
    out_.protocol = out_.object;
    footprint_ = footprint();
    whose();
    return held(By::kExistence);
  }

  // Who made it and whom it names, by its footprint. Whether that one is dead.
  bool whose() {
    if (!footprint_) return false;
    out_.protocol = footprint_->protocol;
    out_.certainty = footprint_->certainty;
    note("footprint", footprint_->text);
    Named named = namedBy(*footprint_, context_.pids);
    for (Evidence& one : named.evidence) out_.evidence.push_back(std::move(one));
    out_.named = std::move(named.holders);
    return named.dead;
  }

  // Which family of kernel lockers: they do not see each other. Only asking for record locks tells
  // where no line shows (F_OFD_GETLK sees no flock).
  std::string kind() const {
    bool record = look_.known == Known::kGetlk, flock = false;
    const auto see = [&](const std::vector<LockLine>& lines) {
      for (const LockLine& line : lines) {
        record = true;
        flock = flock || line.kind == "FLOCK";
      }
    };
    see(look_.locks);
    if (context_.openers != nullptr)
      for (const Opener& opener : *context_.openers) see(opener.locks);
    return record && !flock ? "record lock" : "flock";
  }

  // Whether a kernel lock is on the file.
  Alive kernelLock() {
    const std::vector<Opener>* openers = context_.openers;
    if (look_.locked) note(nameOf(look_.known), howLocked(look_.known));
    const bool holding =
        openers != nullptr && std::any_of(openers->begin(), openers->end(),
                                          [](const Opener& one) { return !one.locks.empty(); });
    if (holding)
      note("openers", "a process that has it open holds a kernel lock on it (its fdinfo says so)");
    if (look_.locked || holding) return Alive::kYes;
    if (look_.known == Known::kNot) {
      note("unreadable", "it cannot be opened here, so locks on it cannot be ruled out");
      if (look_.openError == kNotOpened)
        note("being-made", "its maker has it open right now; not opened, to keep its lineage");
      return Alive::kUnknown;
    }
    note(nameOf(look_.known), howUnlocked(look_.known));
    if (look_.known == Known::kLease || openers == nullptr) return Alive::kNo;
    if (!context_.complete) {
      note("openers-hidden",
           openers->empty() && look_.known == Known::kOpen
               ? "the process that has it open is not seen from here, nor whether it holds a lock"
               : "not every process that may have it open is seen from here, nor whether one holds "
                 "a lock");
      return Alive::kUnknown;
    }
    note("openers", "every process was looked at: none has a kernel lock on it");
    return Alive::kNo;
  }

  Judgement unlocked(Parsed parsed, bool ours) {
    if (parsed == Parsed::kResidue) {
      note("residue-mark", "it carries the mark that a released lockbridge lock leaves");
      return nobodys(Verdict::kResidue);
    }
    if (ours && look_.elsewhere && !(out_.record && processGone(*out_.record))) {
      note("elsewhere",
           "no kernel lock shows, but on this filesystem one taken through another mount or "
           "machine would not, and its holder is not provably gone");
      return held(By::kUndecidable);
    }
    if (ours) {
      if (out_.record && context_.openers != nullptr)
        note("record", context_.pids->fateOf(*out_.record));
      note("own-unlocked", "lockbridge made it and always holds a kernel lock: its holder is gone");
      return nobodys(Verdict::kStale);
    }
    if (out_.protocol == "helios" && !look_.elsewhere) {
      note("helios-unlocked", "Helios always holds a flock on its file: its holder is gone");
      return nobodys(Verdict::kStale);
    }
    if (context_.madeByKernelLocker) {
      note("lineage",
           "its creation was watched: a kernel locker made it, which leaves no existence lock");
      if (out_.protocol.empty()) out_.protocol = "flock";
      return nobodys(Verdict::kResidue);
    }
    return foreign();
  }

  // A stranger's file without a kernel lock: an existence lock, unless its holder is provably dead.
  Judgement foreign() {
    if (whose() && !look_.elsewhere) return nobodys(Verdict::kStale);
    // What a kernel locker leaves (zc.lockfile, filelock) says nothing of an existence lock.
    const bool leftover = footprint_ && footprint_->leftover;
    if (footprint_ && !leftover) return held(By::kExistence);
    if (look_.st.stx_size > 0) {
      if (!leftover)
        note("content", std::to_string(look_.st.stx_size) + " bytes of no known protocol");
      return held(leftover ? By::kUndecidable : By::kExistence);
    }
    if (context_.emptyIsFree) {
      note("policy", "empty and unlocked, and the policy says that only kernel lockers live here");
      return nobodys(Verdict::kResidue);
    }
    note("empty",
         "empty, unlocked, of unknown origin: what a finished flock(1) leaves, and just as well a "
         "live lock of npm lockfile or a bare O_EXCL");
    return held(By::kUndecidable);
  }

  const Look& look_;
  const Context& context_;
  Judgement out_;
  std::optional<Footprint> footprint_;
};

}  // namespace

Judgement judge(const Look& look, const Context& context) { return Judge(look, context).judge(); }

}  // namespace lockbridge
