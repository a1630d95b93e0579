// What the manual pages say beside the tables of commands, options and exit codes. `code` is set bold.

export const ABOUT: Readonly<Record<'lockbridge' | 'lockbridge-run', readonly string[]>> = {
  lockbridge: [
    "A lock file means two things: to some programs that it exists, to others that a kernel lock (flock, fcntl) is held on it, and neither sees the locks of the other. `lockbridge` takes locks that both see, says who holds what, since when and why, and takes over only what is provably nobody's.",
    'An update lock of a supervised service is the usual case: the supervisor may stop the service only while it holds `updates.lock`.',
    'Looking at a lock takes none. Only `run`, `break`, `sweep`, `watch` (which removes proven residue), `supervise` and `fleet` change anything.',
  ],
  'lockbridge-run': [
    'The commands of `lockbridge` that scripts need, as a small native program: the same locks, record, messages and exit codes. Without the name of a command the words are those of `run`.',
  ],
};

export const ENVIRONMENT: readonly (readonly [name: string, says: string, of: 'both' | 'node'])[] =
  [
    [
      'LOCKBRIDGE_EMPTY',
      '`free` or `held`: what an empty unlocked file of unknown origin is where `--empty` does not say.',
      'both',
    ],
    ['LOCKBRIDGE_OWNER', 'The name of the holder that records show.', 'both'],
    ['LOCKBRIDGE_RUN', '`node`: nothing is handed over to lockbridge-run.', 'node'],
    [
      'LOCKBRIDGE_PEERS_DIR',
      'Where `matrix --install-peers` installs, and finds, lock programs.',
      'node',
    ],
    ['LOCKBRIDGE_REQUIRE_PEERS', '`1`: a peer of the matrix that is missing is a failure.', 'node'],
    [
      'DOCKER_HOST, CONTAINER_HOST',
      "The container engine's socket, for the names of containers.",
      'node',
    ],
    [
      'BALENA_SUPERVISOR_ADDRESS, BALENA_SUPERVISOR_API_KEY',
      'Which supervisor `update`, `override` and `history` ask; set inside a service.',
      'node',
    ],
    ['NO_COLOR', 'No colours.', 'both'],
  ];

export const FILES: readonly (readonly [name: string, says: string])[] = [
  ['/etc/lockbridge.yaml', 'The configuration of `supervise` where `--config` names no other.'],
  [
    '/tmp/balena, /tmp/resin, /tmp/balena-supervisor/services',
    'The usual places: where `ls` and `watch` look if no directory is given.',
  ],
];

export const SEE_ALSO: Readonly<Record<'lockbridge' | 'lockbridge-run', string>> = {
  lockbridge:
    '`lockbridge-run`(1), `flock`(1), `lockfile`(1), `lslocks`(8), `flock`(2), `fcntl`(2)',
  'lockbridge-run': '`lockbridge`(1), `flock`(1), `lockfile`(1), `lslocks`(8)',
};
