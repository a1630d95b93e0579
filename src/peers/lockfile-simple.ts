// LockFile::Simple of Perl: `pid`, or `pid:host` with -nfs, and a newline, in mode 0444. It creates
// without O_EXCL after a look whether a file is there, so that two of them as root, whom the mode does
// not stop, may both get in; whoever comes later than that moment is refused.

import { bits, HOST, matchWhole, pidOf } from './shape.js';
import type { Peer, Recogniser } from './types.js';

const STAMP = new RegExp(String.raw`^(\d+)(?::(${HOST}))?\n$`);

// trylock gives no reason, so what is at the path tells "held" from "cannot".
const SCRIPT = String.raw`
use LockFile::Simple;
my $locks = LockFile::Simple->make(-format => '%f', -max => 1, -delay => 0);
sub hold {
  my ($path) = @_;
  return 'acquired' if $locks->trylock($path);
  my $why = "$!";
  return -e $path || -l $path ? 'refused' : "error $why";
}
sub let_go { $locks->unlock($_[0]) or die 'cannot unlock' }
`;

export const lockfileSimple: Peer = {
  id: 'lockfile-simple',
  name: 'LockFile::Simple of Perl',
  family: 'existence',
  mechanism: 'look, then create',
  install: { apt: ['liblockfile-simple-perl'] },
  detect: async () =>
    (await import('./perl.js')).detectPerl(
      'print "LockFile::Simple $LockFile::Simple::VERSION"',
      'no LockFile::Simple for Perl',
      ['-MLockFile::Simple'],
    ),
  open: async () => (await import('./perl.js')).openPerl('lockfile-simple', SCRIPT),
};

export const lockfileSimpleFootprint: Recogniser = {
  protocol: 'LockFile::Simple',
  recognise(traces) {
    if (bits(traces) !== 0o444) return undefined;
    const [, digits, host] = matchWhole(traces, STAMP) ?? [];
    const pid = pidOf(digits);
    if (pid === undefined) return undefined;
    const on = host === undefined ? '' : ` on '${host}'`;
    return {
      protocol: 'LockFile::Simple',
      certainty: 'likely',
      text: `a stamp in mode 0444 is that of LockFile::Simple of Perl: pid ${String(pid)}${on}`,
      pid,
      ...(host !== undefined && { host }),
      pidDecides: true,
    };
  },
};
