/*
 * The protocol of one lock path, for Spin: every step that another process can come between is a
 * step here and names the function that makes it. README.md says what is checked and what is left out.
 *
 * How many take part: L lockbridge, F flock(1), E an existence locker, B a forced breaker,
 * S a sweeper. CRASHES of them die at any step. After all, one more lockbridge clears up.
 */
#ifndef L
#define L 2
#endif
#ifndef F
#define F 0
#endif
#ifndef E
#define E 0
#endif
#ifndef B
#define B 0
#endif
#ifndef S
#define S 0
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
/* The named exceptions. Each is switched off here but where a check wants it. */
#ifndef WINDOW    /* 1: an opener comes between lease and unlink; 2: also between lookup and open */
#define WINDOW 0
#endif
#ifndef IMPATIENT /* a release no longer waits for a forcer that has the directory's lock */
#define IMPATIENT 0
#endif
#ifndef REPORTED  /* 1: who is left on a nameless file is excused if the release says "orphaned" */
#define REPORTED 0
#endif
#ifndef BLIND     /* 1: an existence locker that was forced out removes its successor's file */
#define BLIND 0
#endif
#ifndef STRAY     /* 1: a flock on an existence locker's file counts as held */
#define STRAY 0
#endif
#ifndef SWEEP_LAST /* 1: the last sweeper comes when all others are through */
#define SWEEP_LAST 0
#endif
#ifndef OPEN_ASIDE /* 1: a flock opens the name while force puts a successor back there */
#define OPEN_ASIDE 0
#endif
#ifndef ID        /* force replaces what was judged, by its id, or nothing */
#define ID 0
#endif
#ifndef VISIBLE   /* no O_TMPFILE: the name is there before the lock (createVisible) */
#define VISIBLE 0
#endif
#ifndef WATCH     /* the watch has seen who made a file (native/lineage.cc) */
#define WATCH 1
#endif
/* Mistakes that must be found: the tests build each of them in. */
#define is(m) (MUTANT == m)
#define NONE 0
#define UNLINK_UNASKED 1  /* release without the lease */
#define JUDGE_ONCE 2      /* adopt without a second judgement */
#define RECREATE 3        /* unlink what is nobody's and create anew, instead of adopting it */
#define NAME_UNSEEN 4     /* adopt without looking whether the path still names the file */
#define SWEEP_UNLOCKED 5  /* sweep what is marked without its lock and the lease */
#define NO_SWEEP 6        /* nobody clears up */
#define FORCE_ALONE 7     /* force without the directory's lock */
#define LOCK_LATER 8      /* the name first, the lock later, although there is O_TMPFILE */
#define ADOPT_UNSHARED 9  /* adopt without the directory's lock: force by id cannot tell */
#define KEEP_SUCCESSOR 10 /* force by id that does not put a successor back */
#define PUT_ANYWHERE 11   /* it puts it back also where its holder has let go meanwhile */
#ifndef MUTANT
#define MUTANT NONE
#endif

#define N (L + B + F + E + S + 1)
#define JANITOR (N - 1)
#define isL(p) ((p) < L + B || (p) == JANITOR)
#define FIRST_F (L + B)
#define FIRST_E (L + B + F)
#define FIRST_S (L + B + F + E)
#define INODES (N + 1 + ID)

/* What an inode is known as: content and attribute of a lockbridge file, or who made a foreign one. */
#define OURS 1
#define MARKED 2
#define OF_E 3
#define OF_F 4
#define BLANK 5 /* O_EXCL by a lockbridge that has written nothing yet */

byte name;                /* the inode that the path names; 0: none */
byte what[INODES + 1];
byte lock[INODES + 1];    /* flock and OFD lock: holder + 1 */
byte lease[INODES + 1];   /* write lease: holder + 1 */
byte written[INODES + 1]; /* how often a record was: what an id has besides the inode (mtime) */
bit broken[INODES + 1];   /* somebody waits for that lease to end */
byte opens[INODES + 1];   /* bit mask: who has it open */
byte known[INODES + 1];   /* bit mask: who remembers its identity, which is never given out again */
byte aside;               /* a successor that force took from the name by mistake; 0: none */
byte dirAlone;            /* directory flock, exclusive: holder + 1 */
byte dirShared;           /* ... shared: bit mask */
/* For the propositions only. */
byte on[N];               /* the inode that one's critical section rests on; 0: outside */
bit forced[INODES + 1];   /* was replaced by force */
bit orphaned[INODES + 1]; /* was reported as such */
bit crash[N];
byte ended;
byte crashes;

#define BIT (1 << me)
#define nobodys(i) (what[i] == OURS || what[i] == MARKED || (what[i] == OF_F && WATCH))
/* Marked: whom force turned out, and who flocked an existence locker's file (docs/protocol.md). */
#define isF(p) ((p) >= FIRST_F && (p) < FIRST_E)
#define excused(i) (forced[i] || aside == i || (orphaned[i] && REPORTED) || \
                    (what[i] == OF_E && isF(me) && !STRAY))
#define clash(q) (q != me && on[q] != 0 && (isL(q) || isL(me)))

inline allocate(i, kind) {
  i = 1;
  do
  :: i <= INODES && (name == i || opens[i] != 0 || known[i] != 0) -> i++
  :: else -> break
  od;
  assert(i <= INODES);
  what[i] = kind; lock[i] = 0; lease[i] = 0; broken[i] = 0; written[i] = 0; forced[i] = 0; orphaned[i] = 0;
  opens[i] = BIT
}

inline shut(i) {
  opens[i] = opens[i] & ~BIT;
  known[i] = known[i] & ~BIT;
  if :: lock[i] == me + 1 -> lock[i] = 0 :: else fi;
  if :: lease[i] == me + 1 -> lease[i] = 0; broken[i] = 0 :: else fi;
  i = 0
}

/* Mutual exclusion, for every pair with a lockbridge in it. Who was forced out is told (lock.lost),
   at the latest when its own watch begins. */
inline enter(i) {
  assert(name == i || excused(i)); /* nobody gets a file that has lost its name */
  if
  :: !excused(i) -> q = 0;
     do
     :: q < N -> assert(!clash(q)); q++
     :: else -> break
     od;
     q = 0;
     on[me] = i
  :: else
  fi
}

/* Ours is at the name, what was there is out: its holder is told (lock.lost). */
inline turnOut(i) {
  forced[i] = 1; q = 0;
  do
  :: q < N -> if :: on[q] == i -> on[q] = 0 :: else fi; q++
  :: else -> break
  od;
  q = 0
}

/* The kernel takes back what a dead process had; names stay. */
inline die() {
  if /* what it has taken from the name by mistake stays aside */
  :: dirAlone == me + 1 && aside != 0 -> turnOut(aside); aside = 0
  :: else
  fi;
  q = 1;
  do
  :: q <= INODES ->
     opens[q] = opens[q] & ~BIT;
     known[q] = known[q] & ~BIT;
     if :: lock[q] == me + 1 -> lock[q] = 0 :: else fi;
     if :: lease[q] == me + 1 -> lease[q] = 0; broken[q] = 0 :: else fi;
     q++
  :: else -> break
  od;
  q = 0; fd = 0; id = 0;
  if :: dirAlone == me + 1 -> dirAlone = 0 :: else fi;
  dirShared = dirShared & ~BIT;
  on[me] = 0;
  ended++
}

/* open(2) of what is there, in do_dentry_open: lookup, count, then wait for a lease to end. */
#define closed_to(i) ((WINDOW == 0 && i != 0 && lease[i] != 0) || \
                      (aside != 0 && isF(me) && !OPEN_ASIDE))

inline lookUp(i) {
  atomic { !closed_to(name) -> i = name; if :: i != 0 -> known[i] = known[i] | BIT :: else fi;
    if
    :: WINDOW < 2 && i != 0 -> count(i)
    :: else
    fi
  };
  if
  :: WINDOW == 2 && i != 0 -> atomic { count(i) }
  :: else
  fi
}

inline count(i) {
  opens[i] = opens[i] | BIT;
  if :: lease[i] != 0 -> broken[i] = 1 :: else fi
}

/* adoptOpen: statName, open without waiting (O_NONBLOCK), and the two compared. 0: changed. */
inline adoptOpen() {
  atomic { id = name; if :: id != 0 -> known[id] = known[id] | BIT :: else fi };
  if
  :: id != 0 ->
     lookUp(fd);
     atomic {
       if
       :: fd != 0 && (fd != id || lease[fd] != 0) -> shut(fd)
       :: else
       fi;
       if :: fd != id -> known[id] = known[id] & ~BIT :: else fi;
       id = 0
     }
  :: else
  fi
}

/* unlinkAlone. Never somebody else's file. That nobody is left on it is asserted where it hurts, in
   enter. */
inline unlinkIt() {
  atomic { assert(name == 0 || name == fd); if :: name == fd -> name = 0 :: else fi };
  orphaned[fd] = broken[fd]
}

inline keepForcersOut() {
  atomic {
    if
    :: dirAlone == 0 -> dirShared = dirShared | BIT
    :: dirAlone != 0 && IMPATIENT
    fi
  }
}

/* release */
inline release() {
  on[me] = 0;
  keepForcersOut();
  if
  :: atomic { name != fd -> shut(fd) } /* kLost */
  :: atomic { name == fd ->
       if
       :: opens[fd] == BIT || is(UNLINK_UNASKED) -> lease[fd] = me + 1 /* leaseAlone */
       :: else
       fi };
     if
     :: lease[fd] == me + 1 -> unlinkIt()
     :: else -> what[fd] = MARKED /* handOver */
     fi;
     atomic { shut(fd) }
  fi;
  atomic { dirShared = dirShared & ~BIT }
}

proctype Lockbridge(byte me; byte rounds) {
  byte fd, id, q;
  bit waits;
  {
    if
    :: me == JANITOR -> (ended == N - 1)
    :: else
    fi;
  again:
    atomic { /* create: O_TMPFILE, filled and locked out of sight, then linkName */
      if
      :: name == 0 && (VISIBLE || is(LOCK_LATER)) -> allocate(fd, BLANK); name = fd; goto visible
      :: name == 0 && !VISIBLE && !is(LOCK_LATER) ->
         allocate(fd, OURS); lock[fd] = me + 1; name = fd; goto held
      :: else
      fi
    };
  look: /* takeOver: glance opens, looks, closes */
    lookUp(fd);
    atomic {
      if
      :: fd == 0 -> goto again
      :: fd != 0 && lease[fd] == 0 && lock[fd] == 0 && nobodys(fd) -> shut(fd); goto adopt
      :: fd != 0 && lease[fd] == 0 && lock[fd] != 0 -> shut(fd); goto blocked
      :: fd != 0 && lease[fd] == 0 && lock[fd] == 0 && !nobodys(fd) -> shut(fd); goto exists
      :: fd != 0 && lease[fd] != 0 -> shut(fd); goto look
      fi
    };
  adopt:
    if
    :: is(RECREATE) -> atomic { name = 0; goto again }
    :: else
    fi;
    adoptOpen();
    if
    :: fd == 0 -> goto look
    :: else
    fi;
    atomic { /* adoptLock: lockKernel */
      if
      :: lock[fd] == 0 -> lock[fd] = me + 1
      :: else -> shut(fd); goto blocked
      fi
    };
  locked: /* adoptLock: stillNames; then adopt: judgeHeld, adoptCommit */
    if
    :: atomic { name != fd && !is(NAME_UNSEEN) -> shut(fd); goto again }
    :: name == fd || is(NAME_UNSEEN)
    fi;
    if
    :: atomic { !nobodys(fd) && !is(JUDGE_ONCE) -> shut(fd); goto exists }
    :: nobodys(fd) || is(JUDGE_ONCE)
    fi;
    if
    :: is(ADOPT_UNSHARED)
    :: else -> keepForcersOut();
       if
       :: atomic { name != fd && !is(NAME_UNSEEN) -> dirShared = dirShared & ~BIT; shut(fd); goto again }
       :: name == fd || is(NAME_UNSEEN)
       fi
    fi;
    atomic { what[fd] = OURS; written[fd]++; dirShared = dirShared & ~BIT };
    goto held;
  visible: /* createVisible: lockKernel, fill */
    atomic {
      if
      :: lock[fd] == 0 -> lock[fd] = me + 1; waits = 0
      :: else -> waits = 1
      fi
    };
    what[fd] = OURS;
    if
    :: waits -> waits = 0; atomic { shut(fd); goto blocked }
    :: else -> goto held
    fi;
  blocked: /* PathWait.#kernel, or no wait at all */
    if
    :: me != JANITOR -> goto done
    :: true
    fi;
    adoptOpen();
    if
    :: fd == 0 -> goto again
    :: else
    fi;
    if
    :: atomic { lock[fd] == 0 -> lock[fd] = me + 1 }; goto locked
    :: atomic { name != fd -> shut(fd); goto again }
    fi;
  exists: /* PathWait.#sleep, or no wait at all */
    if
    :: name == 0 || lock[name] != 0 || nobodys(name) -> goto again
    :: goto done
    fi;
  held:
    atomic { enter(fd) };
    release();
    if
    :: rounds > 1 -> rounds--; goto again
    :: else
    fi;
  done:
    atomic { /* nobody's lock is left, but where nobody can know whose it is */
      ended++;
      assert(me != JANITOR || name == 0 || (what[name] == OF_E && crashes > 0) || (what[name] == OF_F && !WATCH) ||
             (what[name] == BLANK && VISIBLE))
    }
  } unless { atomic { crash[me] -> crash[me] = 0; die() } }
}

/* native replace: our file over whatever is there; with ID over what was judged, or not at all. */
proctype Breaker(byte me) {
  byte fd, id, out, q;
  byte judged; /* written[id] at the time */
  {
    if
    :: ID -> atomic { id = name;
         if
         :: id == 0 -> goto done
         :: else -> known[id] = known[id] | BIT; judged = written[id]
         fi }
    :: else
    fi;
    atomic {
      if
      :: dirAlone == 0 && dirShared == 0 -> dirAlone = me + 1
      :: is(FORCE_ALONE)
      :: else -> goto done
      fi
    };
    if /* replaceOnly: the look before */
    :: atomic { ID && (name != id || written[id] != judged) -> goto through }
    :: !ID || (name == id && written[id] == judged)
    fi;
    atomic { /* createNameless out of sight, then renameat, or renameat2(RENAME_EXCHANGE) with ID */
      out = name;
      if :: ID && out == 0 -> goto through :: else fi;
      allocate(fd, OURS);
      lock[fd] = me + 1;
      name = fd;
      if
      :: out != 0 && (!ID || out == id || is(KEEP_SUCCESSOR)) ->
         assert(!ID || (out == id && written[out] == judged)); /* who was seen, and nobody else */
         turnOut(out)
      :: out != 0 && ID && out != id && !is(KEEP_SUCCESSOR) ->
         aside = out;
         known[out] = known[out] | BIT;
         goto back
      :: out == 0
      fi;
      out = 0;
      enter(fd)
    };
    if :: dirAlone == me + 1 -> dirAlone = 0 :: else fi;
    release();
    goto done;
  back: /* putBack */
    atomic {
      if
      :: name == fd -> name = out; aside = 0; goto through
      :: name == 0 -> if :: is(PUT_ANYWHERE) -> name = out :: else fi; aside = 0; goto through
      :: name != fd && name != 0 -> aside = name; name = out /* somebody renamed or made another */
      fi
    };
    atomic { assert(name == out); name = aside; aside = 0 };
  through:
    if :: dirAlone == me + 1 -> dirAlone = 0 :: else fi;
    if :: fd != 0 -> atomic { shut(fd) } :: else fi;
  done:
    atomic {
      known[id] = known[id] & ~BIT; known[out] = known[out] & ~BIT; id = 0; out = 0;
      ended++
    }
  } unless { atomic { crash[me] -> crash[me] = 0; die() } }
}

/* flock(1): open(O_CREAT), flock with or without waiting, close. It never looks at the name again. */
proctype Flock(byte me) {
  byte fd, id, q;
  {
    if
    :: atomic { name == 0 -> allocate(fd, OF_F); name = fd }
    :: name != 0 -> lookUp(fd)
    fi;
    if
    :: fd == 0 -> atomic { !closed_to(name) ->
         if
         :: name == 0 -> allocate(fd, OF_F); name = fd
         :: else -> fd = name; opens[fd] = opens[fd] | BIT;
            if :: lease[fd] != 0 -> broken[fd] = 1 :: else fi
         fi }
    :: else
    fi;
    lease[fd] == 0;
    if
    :: atomic { lock[fd] == 0 -> lock[fd] = me + 1;
         enter(fd) };
       skip
    :: atomic { lock[fd] != 0 -> skip } /* flock -n */
    fi;
    atomic { on[me] = 0; shut(fd); ended++ }
  } unless { atomic { crash[me] -> crash[me] = 0; die() } }
}

/* procmail's lockfile, noclobber: while the name exists. Unlinks without a look. */
proctype Existence(byte me) {
  byte fd, id, q;
  {
    if
    :: atomic { name == 0 -> allocate(fd, OF_E); opens[fd] = 0; known[fd] = BIT; name = fd; enter(fd) };
       atomic { on[me] = 0; assert(name == fd || forced[fd] || aside == fd);
         if :: name == fd || aside == fd || BLIND -> name = 0 :: else fi;
         shut(fd) }
    :: name != 0 /* held: no wait */
    fi;
    ended++
  } unless { atomic { crash[me] -> crash[me] = 0; die() } }
}

/* sweep: only what carries the mark, and only while nobody has it open. */
proctype Sweeper(byte me; bit last) {
  byte fd, id, q;
  {
    if
    :: last -> (ended == N - 2)
    :: else
    fi;
    if
    :: is(NO_SWEEP) -> goto done
    :: else
    fi;
    adoptOpen();
    if
    :: fd == 0 || what[fd] != MARKED -> goto done
    :: fd != 0 && what[fd] == MARKED
    fi;
    atomic {
      if
      :: opens[fd] == BIT || is(SWEEP_UNLOCKED) -> lease[fd] = me + 1
      :: else -> goto done
      fi
    };
    atomic {
      if
      :: lock[fd] == 0 || is(SWEEP_UNLOCKED) ->
         if :: lock[fd] == 0 -> lock[fd] = me + 1 :: else fi
      :: else -> goto done
      fi
    };
    if
    :: name != fd || what[fd] != MARKED -> goto done
    :: name == fd && what[fd] == MARKED
    fi;
    keepForcersOut();
    if
    :: name != fd || (broken[fd] && !is(SWEEP_UNLOCKED)) -> goto done
    :: name == fd && (!broken[fd] || is(SWEEP_UNLOCKED))
    fi;
    unlinkIt();
  done:
    atomic {
      dirShared = dirShared & ~BIT;
      if :: fd != 0 -> shut(fd) :: else fi;
      assert(!last || name == 0 || what[name] != MARKED); /* no residue stays */
      ended++
    }
  } unless { atomic { crash[me] -> crash[me] = 0; die() } }
}

init {
  byte p;
  atomic {
    p = 0;
    do
    :: p < L -> run Lockbridge(p, ROUNDS); p++
    :: p >= L && p < FIRST_F -> run Breaker(p); p++
    :: p >= FIRST_F && p < FIRST_E -> run Flock(p); p++
    :: p >= FIRST_E && p < FIRST_S -> run Existence(p); p++
    :: p >= FIRST_S && p < JANITOR -> run Sweeper(p, SWEEP_LAST && p == JANITOR - 1); p++
    :: p == JANITOR -> run Lockbridge(p, 1); break
    od;
    crashes = 0
  };
  do
  :: atomic { crashes < CRASHES && ended < N - 1 -> crashes++;
       p = 0;
       do
       :: p + 1 < N - 1 -> p++
       :: break
       od;
       crash[p] = 1 }
  :: break
  od
}
