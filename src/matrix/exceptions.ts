// Programs with which even lockbridge cannot keep its promise, and those that the matrix cannot drive:
// data with a reason, printed with every document, so that no gap is silent.

export interface Exception {
  readonly program: string;
  /** `breaks`: by design it gets in while others hold. `not-driven`: no row and no column. */
  readonly kind: 'breaks' | 'not-driven';
  readonly reason: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    program: 'LockFile::Simple of Perl',
    kind: 'breaks',
    reason:
      'It looks whether a file is there, and then opens it for writing without `O_EXCL`. A lock that ' +
      'somebody takes between the two is overwritten, and both hold; as root it does so to its like ' +
      'as well. The matrix lets one hold before the other comes, so its column is green. ' +
      'Hammering one path it got in once in 60 to 70 of its entries, against lockbridge, run by the ' +
      'same user. lockbridge writes its record anew, so that the release of the intruder leaves the ' +
      'file, and is told if that came first and removed it (`lost`).',
  },
  {
    program: 'LockFile::Simple with `-stale`, nightlyone/lockfile (Go)',
    kind: 'breaks',
    reason:
      'They take "not permitted to signal" for "dead": run by another user than root they remove a ' +
      'lock whose file names a process of root, as the one of lockbridge does.',
  },
  {
    program: '`PidFileLock` of portalocker (Python)',
    kind: 'breaks',
    reason:
      'Its lock is a flock on NAME.lock. It never looks at NAME, but renames a file with its pid over ' +
      'whatever is there, and removes NAME in the end. A holder by lockbridge is told at once ' +
      '(`lost`, replaced), and does not remove what took the place of its file.',
  },
  {
    program: '`fcntlSync` of fs-ext (Node)',
    kind: 'not-driven',
    reason:
      'It never gets a lock: it hands the number of the lock type to the kernel where an address ' +
      'belongs, and throws `EFAULT`. `flockSync` of the same package has a row; `fcntl` with a ' +
      'callback sets a POSIX record lock, whose cells are those of `os-lock`.',
  },
  {
    program: '`lockfile` of npm with `stale` below a minute',
    kind: 'breaks',
    reason:
      'It removes a lock whose change time is older than `stale` milliseconds, and asks nobody. A holder ' +
      'by lockbridge renews the times of its file every minute, so that it is safe from a `stale` above a ' +
      'minute, but not from one of seconds. It is told (`lost`).',
  },
  {
    program: 'balena-supervisor with the override, Helios with force',
    kind: 'breaks',
    reason:
      'They remove or replace whatever is at the path: that is what force is for. Whoever holds by ' +
      'lockbridge is told (`lost`), and its release leaves the new file alone. Helios does not ' +
      'replace a lock of its own kind that is held.',
  },
  {
    program: 'The reboot of the balena host OS',
    kind: 'not-driven',
    reason:
      'It asks for a flock on every `updates.lock`, lets go at once and reboots, so there is nothing ' +
      'that anybody could find held. A lock that is only a file does not stop it, one of lockbridge ' +
      'does: test/interop/agents.test.ts.',
  },
  {
    program: '`flock` of busybox',
    kind: 'not-driven',
    reason:
      'The busybox of Debian is built without it. It calls flock(2) like flock(1) of util-linux, ' +
      'whose cells hold for it.',
  },
  {
    program: '`flufl.lock` of Python',
    kind: 'not-driven',
    reason:
      'A claim file and a hard link, as liblockfile makes them, with a lifetime: the cells of the other ' +
      'existence locks hold for it until that is over. What it leaves is recognised: ' +
      'docs/footprints.md.',
  },
];

/** The section of docs/interop.md. */
export function exceptions(): string[] {
  const of = (kind: Exception['kind'], words: string): string[] =>
    EXCEPTIONS.filter((one) => one.kind === kind).map(
      ({ program, reason }) => `- **${program}** ${words}. ${reason}`,
    );
  return [
    '## Exceptions that have a name',
    '',
    ...of('breaks', 'gets in while others hold, by design'),
    ...of('not-driven', '(no row)'),
  ];
}
